import type { MasterKeys } from '../../application/ports/configuration';
import { KeyWrapper } from '../crypto/key-wrapper';
import type { Database, Sql } from '../postgres/database';

const BATCH = 500;

interface Row {
  subject_id: string;
  wrapped_key: Buffer;
  key_version: number;
}

export interface VersionCount {
  /** Of the master key. */
  readonly version: number;
  readonly keys: number;
  readonly current: boolean;
  readonly configured: boolean;
}

/**
 * Wraps the keys of subjects anew in the current version of the master key, some hundred at a time, while everything goes
 * on: a row says itself which version it is in, so that this can be broken off and begun again.
 */
export class MasterKeyRotation {
  private readonly wrapper: KeyWrapper;

  constructor(
    private readonly database: Database,
    masterKeys: MasterKeys,
  ) {
    this.wrapper = new KeyWrapper(masterKeys);
  }

  async versions(): Promise<VersionCount[]> {
    const { rows } = await this.database.query<{ version: number; keys: string }>({
      text: 'SELECT key_version AS version, count(*) AS keys FROM subject_keys GROUP BY 1 ORDER BY 1',
    });
    return rows.map(({ version, keys }) => ({
      version,
      keys: Number(keys),
      current: version === this.wrapper.current,
      configured: this.wrapper.versions.includes(version),
    }));
  }

  /** @param progress told how many are done and how many there are, after each batch. @returns how many were wrapped anew. */
  async run(progress: (done: number, total: number) => void): Promise<number> {
    let total = 0;
    for (const { keys, current } of await this.versions()) if (!current) total += keys;
    let done = 0;
    let after = '';
    for (;;) {
      const batch = await this.database.transaction((sql) => this.batch(sql, after));
      if (batch === null) return done;
      after = batch.last;
      done += batch.rows;
      progress(done, Math.max(total, done));
    }
  }

  /** In the order of their ids: what is behind us is done, and new rows are in the current version. Null: none is left. */
  private async batch(sql: Sql, after: string): Promise<{ rows: number; last: string } | null> {
    const { rows } = await sql.query<Row>({
      text: `SELECT subject_id, wrapped_key, key_version FROM subject_keys
             WHERE key_version <> $1 AND subject_id > $2 ORDER BY subject_id LIMIT $3 FOR UPDATE`,
      values: [this.wrapper.current, after, BATCH],
    });
    const last = rows.at(-1);
    if (last === undefined) return null;
    const wrapped = rows.map((row) => this.rewrap(row));
    await sql.query({
      text: `UPDATE subject_keys k SET wrapped_key = w.wrapped_key, key_version = $3
             FROM unnest($1::text[], $2::bytea[]) AS w (subject_id, wrapped_key) WHERE k.subject_id = w.subject_id`,
      values: [rows.map((row) => row.subject_id), wrapped, this.wrapper.current],
    });
    return { rows: rows.length, last: last.subject_id };
  }

  private rewrap({ subject_id: subjectId, wrapped_key: bytes, key_version: version }: Row): Buffer {
    const key = this.wrapper.unwrap(subjectId, { bytes, version });
    const { bytes: wrapped } = this.wrapper.wrap(subjectId, key);
    key.fill(0);
    return wrapped;
  }
}
