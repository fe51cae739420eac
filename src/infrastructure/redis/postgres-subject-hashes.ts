import type { Sql } from '../postgres/database';
import type { SubjectHashes } from './block-cache';

/** From the table that holds the recipients' keys: a destroyed key is a row that is gone. */
export class PostgresSubjectHashes implements SubjectHashes {
  constructor(private readonly sql: Sql) {}

  async find(subjectId: string): Promise<{ customerId: string; lookupHash: string } | null> {
    const { rows } = await this.sql.query<{ customer_id: string; lookup_hash: Buffer }>({
      name: 'subject-hash',
      text: 'SELECT customer_id, lookup_hash FROM subject_keys WHERE subject_id = $1',
      values: [subjectId],
    });
    const row = rows[0];
    return row === undefined ? null : { customerId: row.customer_id, lookupHash: row.lookup_hash.toString('hex') };
  }
}
