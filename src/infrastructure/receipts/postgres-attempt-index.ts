import type { AttemptIndex, OpenAttempt, OverdueMessage } from '../../application/ports/attempt-index';
import { MicroBatch } from '../crypto/micro-batch';
import type { Sql } from '../postgres/database';

const MOST_IN_A_BATCH = 200;

interface Wanted {
  readonly provider: string;
  readonly providerMessageId: string;
}

/** Answers from the read model `message-attempts`. */
export class PostgresAttemptIndex implements AttemptIndex {
  /** A result is wrapped, since a batch owes each item one. */
  private readonly lookups: MicroBatch<Wanted, { readonly messageId: string | null }>;

  constructor(private readonly sql: Sql) {
    this.lookups = new MicroBatch((wanted) => this.lookUp(wanted), MOST_IN_A_BATCH);
  }

  async findByProviderId(provider: string, providerMessageId: string): Promise<string | null> {
    return (await this.lookups.add({ provider, providerMessageId })).messageId;
  }

  async openAttempts(
    provider: string,
    subjectIds: readonly string[],
    from: string,
    to: string,
  ): Promise<OpenAttempt[]> {
    const { rows } = await this.sql.query<{ message_id: string; attempt: number; status: string }>({
      name: 'attempts_open',
      text: `SELECT message_id, attempt, status FROM message_attempts
             WHERE provider = $1 AND subject_id = ANY($2::text[]) AND status IN ('open', 'unknown')
               AND started_at BETWEEN $3 AND $4
             LIMIT 10`,
      values: [provider, subjectIds, from, to],
    });
    return rows.map(({ message_id: messageId, attempt, status }) => ({
      messageId,
      attempt,
      unknown: status === 'unknown',
    }));
  }

  async overdue(quietSince: string, now: string, limit: number): Promise<OverdueMessage[]> {
    const { rows } = await this.sql.query<{
      message_id: string;
      attempts: number;
      status: 'queued' | 'claimed' | 'unresolved';
    }>({
      name: 'attempts_overdue',
      text: `SELECT m.message_id, m.attempts, m.status FROM message_watch m
             WHERE m.look_at <= CASE WHEN m.status = 'unresolved' THEN $2::timestamptz ELSE $1::timestamptz END
               AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.message_id = m.message_id)
             ORDER BY m.look_at LIMIT $3`,
      values: [quietSince, now, limit],
    });
    return rows.map(({ message_id: messageId, attempts: attempt, status: reason }) => ({ messageId, attempt, reason }));
  }

  private async lookUp(wanted: readonly Wanted[]): Promise<{ messageId: string | null }[]> {
    const { rows } = await this.sql.query<{ place: number; message_id: string | null }>({
      name: 'attempts_find',
      text: `SELECT w.place::int AS place, a.message_id
             FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (provider, pmid, place)
             LEFT JOIN message_attempts a ON a.provider = w.provider AND a.provider_message_id = w.pmid
             ORDER BY w.place`,
      values: [wanted.map(({ provider }) => provider), wanted.map(({ providerMessageId }) => providerMessageId)],
    });
    const found = new Map(rows.map(({ place, message_id: messageId }) => [place, messageId]));
    return wanted.map((_, index) => ({ messageId: found.get(index + 1) ?? null }));
  }
}
