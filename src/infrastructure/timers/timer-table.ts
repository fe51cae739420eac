import type { Timer, TimerPurpose } from '../../application/ports/timers';
import type { Sql } from '../postgres/database';

/** A due alarm and its lease. */
export interface LeasedTimer {
  readonly timer: Timer;
  /** As it stood when it was claimed: an alarm that was moved meanwhile is not deleted. */
  readonly dueAt: Date;
}

interface Row {
  message_id: string;
  attempt: number;
  purpose: TimerPurpose;
  due_at: Date;
}

const columns = (timers: readonly Timer[]): unknown[] => [
  timers.map(({ messageId }) => messageId),
  timers.map(({ attempt }) => attempt),
  timers.map(({ purpose }) => purpose),
  timers.map(({ dueAt }) => dueAt),
];
const keyOf = ({ messageId, attempt, purpose }: Timer): string => `${messageId}\n${attempt}\n${purpose}`;

/** The statements of table `timers`, each for many alarms at once. */
export class TimerTable {
  constructor(private readonly sql: Sql) {}

  /** Those that stand stay as they are, or with `replace` take the new due time. */
  async insert(timers: readonly Timer[], replace: boolean): Promise<void> {
    // One statement may not touch a row twice: the last word on each alarm counts.
    const last = [...new Map(timers.map((timer) => [keyOf(timer), timer])).values()];
    const conflict = replace ? 'UPDATE SET due_at = excluded.due_at, leased_until = NULL' : 'NOTHING';
    await this.sql.query({
      name: replace ? 'timers_move' : 'timers_insert',
      text: `INSERT INTO timers (message_id, attempt, purpose, due_at)
             SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[])
             ON CONFLICT (message_id, attempt, purpose) DO ${conflict}`,
      values: columns(last),
    });
  }

  async clear(messageIds: readonly string[]): Promise<void> {
    await this.sql.query({
      name: 'timers_clear',
      text: 'DELETE FROM timers WHERE message_id = ANY($1::text[])',
      values: [messageIds],
    });
  }

  /** Leases what is due, oldest first; what another process holds is passed over. */
  async claim(now: Date, leaseMs: number, limit: number): Promise<LeasedTimer[]> {
    const { rows } = await this.sql.query<Row>({
      name: 'timers_claim',
      text: `WITH due AS (
               SELECT message_id, attempt, purpose FROM timers
               WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
               ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             UPDATE timers t SET leased_until = $1::timestamptz + make_interval(secs => $2::float8 / 1000)
             FROM due WHERE t.message_id = due.message_id AND t.attempt = due.attempt AND t.purpose = due.purpose
             RETURNING t.message_id, t.attempt, t.purpose, t.due_at`,
      values: [now, leaseMs, limit],
    });
    return rows.map(({ message_id: messageId, attempt, purpose, due_at: dueAt }) => ({
      timer: { messageId, attempt, purpose, dueAt: dueAt.toISOString() },
      dueAt,
    }));
  }

  async remove(done: readonly LeasedTimer[]): Promise<void> {
    await this.sql.query({
      name: 'timers_remove',
      text: `DELETE FROM timers t
             USING unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[]) AS d (message_id, attempt, purpose, due_at)
             WHERE t.message_id = d.message_id AND t.attempt = d.attempt AND t.purpose = d.purpose
               AND t.due_at = d.due_at`,
      values: columns(done.map(({ timer }) => timer)),
    });
  }

  /** Lets it be claimed again after a pause. */
  async release({ timer, dueAt }: LeasedTimer, now: Date, pauseMs: number): Promise<void> {
    await this.sql.query({
      name: 'timers_release',
      text: `UPDATE timers SET leased_until = $5::timestamptz + make_interval(secs => $6::float8 / 1000)
             WHERE message_id = $1 AND attempt = $2 AND purpose = $3 AND due_at = $4`,
      values: [timer.messageId, timer.attempt, timer.purpose, dueAt, now, pauseMs],
    });
  }

  /** When the next one may be claimed; null: none is there. */
  async nextAt(): Promise<Date | null> {
    const { rows } = await this.sql.query<{ at: Date | null }>({
      name: 'timers_next',
      text: 'SELECT greatest(due_at, leased_until) AS at FROM timers ORDER BY due_at LIMIT 100',
    });
    let next: Date | null = null;
    for (const { at } of rows) if (at !== null && (next === null || at < next)) next = at;
    return next;
  }
}
