import type { AttemptHistory } from '../../application/ports/attempt-history';
import type { ProjectionSql } from '../../application/ports/projection';
import type { Counted, DayOfNetwork } from '../../domain/routing/breakdown';
import { LATE_DELIVERY_MS, SLOW_CALL_MS } from '../../domain/routing/score';
import { firstOfWindow, type MinuteOfCustomer } from '../../domain/routing/window';

const HOURS = 24;

/** Attempts with an outcome by $1: what came later is not known yet. $2: from when on. $3: a call's deadline, milliseconds. */
const KNOWN = `
  WITH known AS (
    SELECT provider, customer_id, network, started_at, counts, provider_message_id,
           coalesce(answered_at <= $1::timestamptz, false) AS answered,
           answered_at - started_at AS took, reported_at - started_at AS reported_after,
           CASE WHEN reported_at <= $1::timestamptz THEN report END AS report
      FROM message_attempts
     WHERE started_at >= $2::timestamptz AND started_at <= $1::timestamptz
       AND (answered_at <= $1::timestamptz OR started_at + $3::float8 * interval '1 ms' <= $1::timestamptz))`;

const MINUTES = `${KNOWN}
  SELECT provider, customer_id AS "customerId", network, floor(extract(epoch FROM started_at) / 60)::int AS minute,
         count(*) FILTER (WHERE counts OR NOT answered)::int AS attempts,
         count(*) FILTER (WHERE answered AND provider_message_id IS NOT NULL)::int AS accepted,
         count(*) FILTER (WHERE NOT answered)::int AS timeouts,
         count(*) FILTER (WHERE answered AND counts AND took > $4::float8 * interval '1 ms')::int AS slow,
         count(*) FILTER (WHERE report = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE report = 'delivered' AND reported_after > $5::float8 * interval '1 ms')::int AS late,
         count(*) FILTER (WHERE report = 'excused')::int AS excused
    FROM known GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, 3`;

const DAY = `${KNOWN}
  SELECT provider, network,
         count(*) FILTER (WHERE answered AND provider_message_id IS NOT NULL)::int AS accepted,
         count(*) FILTER (WHERE report = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE report = 'excused')::int AS excused
    FROM known WHERE started_at < $4::timestamptz GROUP BY 1, 2 ORDER BY 1, 2`;

type OfProvider<T> = T & { readonly provider: string };
type DaySums = OfProvider<{ network: string | null; accepted: number; delivered: number; excused: number }>;

/** The read model of attempts as it would have been: outcomes and reports carry the time at which they were noted. */
export class ProjectedAttemptHistory implements AttemptHistory {
  constructor(private readonly sql: ProjectionSql) {}

  async countedAt(asOf: string, deadlineMs: number): Promise<ReadonlyMap<string, Counted>> {
    const nowMinute = Math.floor(Date.parse(asOf) / 60_000);
    const instant = (minute: number): string => new Date(minute * 60_000).toISOString();
    const dayFrom = instant((Math.floor(nowMinute / 60) - HOURS + 1) * 60);
    const minutes = await this.sql.query<OfProvider<MinuteOfCustomer>>({
      text: MINUTES,
      values: [asOf, instant(firstOfWindow(nowMinute)), deadlineMs, SLOW_CALL_MS, LATE_DELIVERY_MS],
    });
    const days = await this.sql.query<DaySums>({
      text: DAY,
      values: [asOf, dayFrom, deadlineMs, instant(firstOfWindow(nowMinute))],
    });
    const counted = new Map<string, { minutes: MinuteOfCustomer[]; day: DayOfNetwork[] }>();
    const of = (provider: string) => {
      const known = counted.get(provider) ?? { minutes: [], day: [] };
      counted.set(provider, known);
      return known;
    };
    for (const { provider, ...minute } of minutes.rows) of(provider).minutes.push(minute);
    for (const { provider, network, accepted, delivered, excused } of days.rows) {
      const due = Math.max(0, accepted - excused);
      of(provider).day.push({ network, due, delivered: Math.min(delivered, due) });
    }
    return counted;
  }
}
