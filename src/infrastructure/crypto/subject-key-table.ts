import type { Database } from '../postgres/database';

/** A row of subject_keys. */
export interface SubjectRow {
  readonly customerId: string;
  readonly lookupHash: Buffer;
  readonly subjectId: string;
  readonly wrappedKey: Buffer;
  readonly keyVersion: number;
}

interface Columns {
  customer_id: string;
  lookup_hash: Buffer;
  subject_id: string;
  wrapped_key: Buffer;
  key_version: number;
}

const COLUMNS = 'customer_id, lookup_hash, subject_id, wrapped_key, key_version';

const toRow = (columns: Columns): SubjectRow => ({
  customerId: columns.customer_id,
  lookupHash: columns.lookup_hash,
  subjectId: columns.subject_id,
  wrappedKey: columns.wrapped_key,
  keyVersion: columns.key_version,
});

/**
 * Whoever locks several rows does it in this order, so that two who want the same ones never wait for each other. The ids
 * are ASCII: in bytes their order is that of `compareText`.
 */
const IN_ORDER = 'ORDER BY customer_id COLLATE "C", lookup_hash FOR UPDATE';

/** The statements of `subject_keys`, each for many rows at once. */
export class SubjectKeyTable {
  constructor(private readonly database: Database) {}

  /**
   * Inserts what is new and gives back every row as it stands: of two processes that make the same subject, both get the
   * row of the first. No two of the given rows may be of one customer and hash.
   */
  async upsert(rows: readonly SubjectRow[]): Promise<SubjectRow[]> {
    // In the order of IN_ORDER.
    const ordered = [...rows].sort(
      (a, b) => compareText(a.customerId, b.customerId) || Buffer.compare(a.lookupHash, b.lookupHash),
    );
    const result = await this.database.query<Columns>({
      name: 'subject-keys-upsert',
      text: `INSERT INTO subject_keys (${COLUMNS})
             SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[], $5::integer[])
             ON CONFLICT (customer_id, lookup_hash) DO UPDATE SET customer_id = EXCLUDED.customer_id
             RETURNING ${COLUMNS}`,
      values: [
        ordered.map((row) => row.customerId),
        ordered.map((row) => row.lookupHash),
        ordered.map((row) => row.subjectId),
        ordered.map((row) => row.wrappedKey),
        ordered.map((row) => row.keyVersion),
      ],
    });
    return result.rows.map(toRow);
  }

  async bySubjects(subjectIds: readonly string[]): Promise<SubjectRow[]> {
    const result = await this.database.query<Columns>({
      name: 'subject-keys-by-subjects',
      text: `SELECT ${COLUMNS} FROM subject_keys WHERE subject_id = ANY($1::text[])`,
      values: [subjectIds],
    });
    return result.rows.map(toRow);
  }

  /** @returns how many there were. */
  async destroy(subjectIds: readonly string[]): Promise<number> {
    const { rowCount } = await this.database.query({
      name: 'subject-keys-destroy',
      text: `WITH doomed AS MATERIALIZED (
               SELECT subject_id FROM subject_keys WHERE subject_id = ANY($1::text[]) ${IN_ORDER}
             )
             DELETE FROM subject_keys k USING doomed WHERE k.subject_id = doomed.subject_id`,
      values: [subjectIds],
    });
    return rowCount ?? 0;
  }

  /** @returns their subjects. */
  async destroyMadeBefore(customerId: string, before: Date): Promise<string[]> {
    const { rows } = await this.database.query<Pick<Columns, 'subject_id'>>({
      text: `WITH doomed AS MATERIALIZED (
               SELECT subject_id FROM subject_keys WHERE customer_id = $1 AND created_at < $2 ${IN_ORDER}
             )
             DELETE FROM subject_keys k USING doomed WHERE k.subject_id = doomed.subject_id RETURNING k.subject_id`,
      values: [customerId, before],
    });
    return rows.map(({ subject_id: subjectId }) => subjectId);
  }

  async byHash(lookupHash: Buffer): Promise<SubjectRow[]> {
    const result = await this.database.query<Columns>({
      name: 'subject-keys-by-hash',
      text: `SELECT ${COLUMNS} FROM subject_keys WHERE lookup_hash = $1 ORDER BY customer_id`,
      values: [lookupHash],
    });
    return result.rows.map(toRow);
  }

  async byReference(customerId: string, lookupHash: Buffer): Promise<SubjectRow | null> {
    const result = await this.database.query<Columns>({
      name: 'subject-keys-by-reference',
      text: `SELECT ${COLUMNS} FROM subject_keys WHERE customer_id = $1 AND lookup_hash = $2`,
      values: [customerId, lookupHash],
    });
    const [columns] = result.rows;
    return columns === undefined ? null : toRow(columns);
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
