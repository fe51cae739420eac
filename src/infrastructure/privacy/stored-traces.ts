import type { CleaningStep, PersonalTraces, SweptTraces } from '../../application/ports/personal-traces';
import type { PostgresSubjectVault } from '../crypto/postgres-subject-vault';
import type { SubjectKeyTable } from '../crypto/subject-key-table';
import type { AnswerTable } from '../receipts/answer-table';
import type { InboundTable } from '../receipts/inbound-table';
import type { InboxTable } from '../receipts/inbox-table';
import type { SubjectTraces } from '../redis/subject-traces';
import type { DiskCleaner } from './disk-cleaner';

/** Everything beside the log that knows a person: docs/privacy.md lists what lies where, and for how long. */
export class StoredTraces implements PersonalTraces {
  constructor(
    private readonly vault: PostgresSubjectVault,
    private readonly keys: SubjectKeyTable,
    private readonly inbox: InboxTable,
    private readonly texts: InboundTable,
    private readonly answers: AnswerTable,
    private readonly redis: SubjectTraces,
    private readonly cleaner: DiskCleaner,
  ) {}

  async destroyKey(subjectId: string): Promise<void> {
    await this.vault.destroy([subjectId]);
  }

  async sweep(customerId: string, lookupHash: string): Promise<SweptTraces> {
    const hash = Buffer.from(lookupHash, 'hex');
    // What still waits may belong to a message of another customer to the same number, or from it.
    const others = await this.keys.byHash(hash);
    const reports = await this.inbox.forget(hash, others.length === 0);
    const texts = await this.texts.forget(hash, others.length === 0);
    // Nothing waits for these, whoever's message it was.
    const answers = await this.answers.forget(hash);
    return { reports, texts, answers, cached: await this.redis.sweep(customerId, lookupHash) };
  }

  async cleanDisk(): Promise<readonly CleaningStep[]> {
    const steps = await this.cleaner.clean();
    return [...steps, { name: 'the files of Redis', refused: await this.redis.rewriteFiles() }];
  }
}
