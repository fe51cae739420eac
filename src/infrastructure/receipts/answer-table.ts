import type { Sql } from '../postgres/database';

/** A row of `provider_answers`. */
export interface StoredAnswer {
  readonly id: string;
  readonly provider: string;
  readonly message_id: string;
  readonly attempt: number;
  readonly code: string;
  readonly status: number;
  readonly content_type: string;
  /** Sealed. */
  readonly answer: string;
  readonly lookup_hash: Buffer;
  readonly received_at: Date;
}

/** The statements of table `provider_answers`. */
export class AnswerTable {
  constructor(private readonly sql: Sql) {}

  async insert(row: StoredAnswer): Promise<void> {
    await this.sql.query({
      name: 'answers_insert',
      text: `INSERT INTO provider_answers
               (id, provider, message_id, attempt, code, status, content_type, answer, lookup_hash, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        ...[row.id, row.provider, row.message_id, row.attempt, row.code, row.status, row.content_type, row.answer],
        ...[row.lookup_hash, row.received_at],
      ],
    });
  }

  /** Oldest first. */
  async ofMessage(messageId: string): Promise<StoredAnswer[]> {
    const { rows } = await this.sql.query<StoredAnswer>({
      text: 'SELECT * FROM provider_answers WHERE message_id = $1 ORDER BY attempt, received_at, id',
      values: [messageId],
    });
    return rows;
  }

  /** Those to a number. @returns how many went */
  async forget(lookupHash: Buffer): Promise<number> {
    const { rowCount } = await this.sql.query({
      text: 'DELETE FROM provider_answers WHERE lookup_hash = $1',
      values: [lookupHash],
    });
    return rowCount ?? 0;
  }

  /** @returns how many went */
  async purge(before: Date, limit: number): Promise<number> {
    const { rowCount } = await this.sql.query({
      name: 'answers_purge',
      text: `DELETE FROM provider_answers WHERE id IN (
               SELECT id FROM provider_answers WHERE received_at < $1 LIMIT $2)`,
      values: [before, limit],
    });
    return rowCount ?? 0;
  }
}
