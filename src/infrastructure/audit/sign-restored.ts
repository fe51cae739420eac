import type { ChainEnd } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import { SIGNING_LOCK } from './head-signer';
import type { HeadsFile } from './heads-file';
import { checkHeads, headLine } from './signed-head';
import type { SigningKey, VerifyingKey } from './signing-keys';

export interface RestoredSigner {
  readonly file: HeadsFile;
  /** Null: this process has none. */
  readonly signing: SigningKey | null;
  readonly keys: readonly VerifyingKey[];
  /** ISO. */
  readonly time: string;
}

/** Heads name rows of the log that was lost, and nobody here can sign that it was. */
export class NoSigningKey extends Error {
  constructor() {
    super('signed heads name rows that were lost, and WAHT_AUDIT_SIGNING_KEY is not set: nothing was replaced');
    this.name = 'NoSigningKey';
  }
}

/**
 * Signs that the audit log was made anew behind `row` from an event log that was accepted with a loss: heads of later rows
 * speak of that one no longer. They stay in the file. @throws NoSigningKey
 */
export async function signRestored(sql: Sql, row: ChainEnd, signer: RestoredSigner): Promise<void> {
  const { file, signing, keys, time } = signer;
  if (signing === null) throw new NoSigningKey();
  // Nobody signs a head meanwhile; until this transaction has ended nobody could.
  await sql.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [SIGNING_LOCK] });
  const { lines } = file.read();
  const { fault } = checkHeads(lines, keys);
  if (fault !== null) throw new Error(`line ${fault.line} of ${file.path} ${fault.detail}`);
  file.append(headLine(signing, { log: 'audit', ...row, time, restored: true }, lines.at(-1) ?? null));
}
