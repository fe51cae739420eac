import type { Sql } from '../postgres/database';
import type { SubjectHashes } from './log-mirror';

interface Row {
  readonly subject_id: string;
  readonly customer_id: string;
  readonly lookup_hash: Buffer;
}

/** From the table that holds the recipients' keys: a destroyed key is a row that is gone. */
export class PostgresSubjectHashes implements SubjectHashes {
  constructor(private readonly sql: Sql) {}

  async find(subjectIds: readonly string[]): ReturnType<SubjectHashes['find']> {
    if (subjectIds.length === 0) return new Map();
    const { rows } = await this.sql.query<Row>({
      name: 'subject-hashes',
      text: 'SELECT subject_id, customer_id, lookup_hash FROM subject_keys WHERE subject_id = ANY($1)',
      values: [subjectIds],
    });
    return new Map(
      rows.map(({ subject_id, customer_id: customerId, lookup_hash }) => [
        ...([subject_id, { customerId, lookupHash: lookup_hash.toString('hex') }] as const),
      ]),
    );
  }
}
