import type { MasterKeys } from '../../application/ports/configuration';
import { KeyWrapper } from '../crypto/key-wrapper';
import type { Database, Sql } from '../postgres/database';

const BATCH = 500;
/** Rows that others hold are tried again so often, and given up when none of them comes free for so long. */
const HELD_AGAIN_MS = 50;
const HELD_AT_MOST_MS = 30_000;

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

  /**
   * What comes in an older version while it runs is left to the next run.
   * @param progress told how many are done and how many there are, after each batch. @returns how many were wrapped anew.
   * @throws Error where others hold rows for too long; what is done stays done.
   */
  async run(progress: (done: number, total: number) => void): Promise<number> {
    // As text: a Date has no microseconds, and rows have.
    const { rows } = await this.database.query<{ now: string }>({ text: 'SELECT now()::text AS now' });
    const began = rows[0]?.now ?? 'now';
    const total = await this.left(began);
    let done = 0;
    let movedAtMs = performance.now();
    for (;;) {
      const before = done;
      done = await this.pass(began, done, total, progress);
      const left = await this.left(began);
      if (left === 0) return done;
      if (done > before) movedAtMs = performance.now();
      if (performance.now() - movedAtMs > HELD_AT_MOST_MS)
        throw new Error(`${left} keys are held by other transactions: run this again`);
      await new Promise((resolve) => setTimeout(resolve, HELD_AGAIN_MS));
    }
  }

  private async left(began: string): Promise<number> {
    const { rows } = await this.database.query<{ keys: string }>({
      text: 'SELECT count(*) AS keys FROM subject_keys WHERE key_version <> $1 AND created_at <= $2::timestamptz',
      values: [this.wrapper.current, began],
    });
    return Number(rows[0]?.keys ?? 0);
  }

  /** Once through all of them, but for those that others hold. @returns how many are done now. */
  private async pass(
    began: string,
    before: number,
    total: number,
    progress: (done: number, total: number) => void,
  ): Promise<number> {
    let done = before;
    let after = '';
    for (;;) {
      const batch = await this.database.transaction((sql) => this.batch(sql, began, after));
      if (batch === null) return done;
      after = batch.last;
      done += batch.rows;
      progress(done, Math.max(total, done));
    }
  }

  /**
   * In the order of their ids: what is behind us is done. It holds hundreds of rows, so it waits for none: two that held what
   * the other wants would wait for ever, and the recipients of a request or an erasure would lose. Null: none is left.
   */
  private async batch(sql: Sql, began: string, after: string): Promise<{ rows: number; last: string } | null> {
    const { rows } = await sql.query<Row>({
      text: `SELECT subject_id, wrapped_key, key_version FROM subject_keys
             WHERE key_version <> $1 AND created_at <= $2::timestamptz AND subject_id > $3 ORDER BY subject_id LIMIT $4
             FOR UPDATE SKIP LOCKED`,
      values: [this.wrapper.current, began, after, BATCH],
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
