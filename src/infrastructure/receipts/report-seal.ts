import { ERASED } from '../../application/ports/subject-vault';
import type { Sealed } from '../../domain/shared/sealed';
import type { PostgresSubjectVault } from '../crypto/postgres-subject-vault';

/** Stands where a customer's id would: these keys are kept beside those of recipients, and wrapped like them. */
export type SealOwner = 'reports' | 'inbound' | 'answers';
/** A key that may still be needed by a report received just before midnight. */
const MARGIN_MS = 2 * 86_400_000;

/**
 * Reports, texts and raw answers name numbers, and lie in Postgres for weeks. Each day's are sealed under a key of that day, which is destroyed
 * when the last of them has been forgotten: what a backup or a freed page still holds of them then opens for nobody.
 */
export class ReportSeal {
  constructor(
    private readonly vault: PostgresSubjectVault,
    private readonly owner: SealOwner = 'reports',
  ) {}

  /** As it stands in the table: JSON. */
  async seal(raw: Buffer, receivedAt: Date): Promise<string> {
    const { subjectId } = await this.vault.subjectFor(this.owner, receivedAt.toISOString().slice(0, 10));
    // A byte a character: whatever came is given back as it came, text or not.
    return JSON.stringify(this.vault.seal(subjectId, raw.toString('latin1')));
  }

  /** In the order given. A report whose day's key is gone is empty. @throws DomainError unavailable */
  async open(sealed: readonly string[]): Promise<Buffer[]> {
    const texts = await this.vault.open(sealed.map((text) => JSON.parse(text) as Sealed));
    return texts.map((text) => (text === ERASED ? Buffer.alloc(0) : Buffer.from(text, 'latin1')));
  }

  /** Keyed hash of the number that a report names; null where it names none. */
  lookupHash(phone: string): Buffer;
  lookupHash(phone: string | null): Buffer | null;
  lookupHash(phone: string | null): Buffer | null {
    return phone === null ? null : Buffer.from(this.vault.lookupHash(phone), 'hex');
  }

  /** Destroys the keys of days of which no report is kept. */
  async forgetBefore(before: Date): Promise<void> {
    await this.vault.destroyMadeBefore(this.owner, new Date(before.getTime() - MARGIN_MS));
  }
}
