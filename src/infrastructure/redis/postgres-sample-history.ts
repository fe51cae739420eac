import { LATE_DELIVERY_MS, SLOW_CALL_MS } from '../../domain/routing/score';
import type { MinuteOfCustomer } from '../../domain/routing/window';
import type { Sql } from '../postgres/database';
import type { HourOfNetwork, SampleHistory } from './redis-health-samples';

/** Of attempts that count and have an outcome. A call without an answer in time counts as a time-out. */
const COUNTS = `
  count(*) FILTER (WHERE counts)::int AS attempts,
  count(provider_message_id)::int AS accepted,
  count(*) FILTER (WHERE status = 'unknown')::int AS timeouts,
  count(*) FILTER (WHERE counts AND answered_at - started_at > $2::float8 * interval '1 ms')::int AS slow,
  count(*) FILTER (WHERE report = 'delivered')::int AS delivered,
  count(*) FILTER (WHERE report = 'delivered' AND reported_at - started_at > $3::float8 * interval '1 ms')::int AS late,
  count(*) FILTER (WHERE report = 'excused')::int AS excused`;

const MINUTES = `
  SELECT provider, customer_id AS "customerId", network, floor(extract(epoch FROM started_at) / 60)::int AS minute, ${COUNTS}
    FROM message_attempts
   WHERE started_at >= to_timestamp($1::float8 * 60) AND status <> 'open'
   GROUP BY 1, 2, 3, 4`;

const HOURS = `
  SELECT provider, network, floor(extract(epoch FROM started_at) / 3600)::int AS hour,
         count(provider_message_id)::int AS accepted,
         count(*) FILTER (WHERE report = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE report = 'excused')::int AS excused
    FROM message_attempts
   WHERE started_at >= to_timestamp($1::float8 * 3600) AND status <> 'open'
   GROUP BY 1, 2, 3`;

/** The read model of attempts, which is made from the log. */
export class PostgresSampleHistory implements SampleHistory {
  constructor(private readonly sql: Sql) {}

  async minutesSince(minute: number): Promise<(MinuteOfCustomer & { readonly provider: string })[]> {
    const { rows } = await this.sql.query<MinuteOfCustomer & { readonly provider: string }>({
      text: MINUTES,
      values: [minute, SLOW_CALL_MS, LATE_DELIVERY_MS],
    });
    return rows;
  }

  async hoursSince(hour: number): Promise<HourOfNetwork[]> {
    const { rows } = await this.sql.query<HourOfNetwork>({ text: HOURS, values: [hour] });
    return rows;
  }
}
