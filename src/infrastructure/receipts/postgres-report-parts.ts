import type { Clock } from '../../application/ports/clock';
import type { ReportParts, ReportReading } from '../../application/ports/delivery-reports';
import type { Sql } from '../postgres/database';

/** No message is valid, and no report awaited, for as long as this. */
const KEEP_MS = 7 * 86_400_000;
/** Old rows that go with each new message: more than come. */
const MOST_DROPPED = 100;

/** Parts in table `message_parts`. */
export class PostgresReportParts implements ReportParts {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  async join(provider: string, wholeId: string, partIds: readonly string[]): Promise<void> {
    const nowMs = this.clock.now();
    await this.sql.query({
      name: 'parts_drop',
      text: `DELETE FROM message_parts WHERE (provider, part_id) IN
               (SELECT provider, part_id FROM message_parts WHERE joined_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      values: [new Date(nowMs - KEEP_MS), MOST_DROPPED],
    });
    // A centre that begins its ids anew gives one out that stands here from long ago.
    await this.sql.query({
      name: 'parts_join',
      text: `INSERT INTO message_parts (provider, part_id, whole_id, joined_at)
             SELECT $1, part_id, $2, $4 FROM unnest($3::text[]) AS p (part_id)
             ON CONFLICT (provider, part_id)
             DO UPDATE SET whole_id = excluded.whole_id, state = NULL, joined_at = excluded.joined_at`,
      values: [provider, wholeId, partIds, new Date(nowMs)],
    });
  }

  async wholeOf(provider: string, reading: ReportReading): Promise<ReportReading> {
    if (reading.part !== true) return reading;
    const wholeId = await this.note(provider, reading);
    if (wholeId === null) return reading;
    const whole: ReportReading = { ...reading, providerMessageId: wholeId };
    if (reading.outcome !== 'delivered' || (await this.areAllDelivered(provider, wholeId))) return whole;
    return { ...whole, outcome: 'in_transit' };
  }

  /** Null: it is no part. What was delivered stays delivered, whatever is said later. */
  private async note(provider: string, { providerMessageId, outcome }: ReportReading): Promise<string | null> {
    const { rows } = await this.sql.query<{ whole_id: string }>({
      name: 'parts_note',
      text: `UPDATE message_parts
             SET state = CASE WHEN state = 'delivered' OR $3 = 'in_transit' THEN state ELSE $3 END
             WHERE provider = $1 AND part_id = $2 RETURNING whole_id`,
      values: [provider, providerMessageId, outcome],
    });
    return rows[0]?.whole_id ?? null;
  }

  /** Asked after the part's own state is written: of two reports at once, the later one sees both. */
  private async areAllDelivered(provider: string, wholeId: string): Promise<boolean> {
    const { rows } = await this.sql.query<{ delivered: boolean }>({
      name: 'parts_delivered',
      text: `SELECT bool_and(state IS NOT DISTINCT FROM 'delivered') AS delivered FROM message_parts
             WHERE provider = $1 AND whole_id = $2`,
      values: [provider, wholeId],
    });
    return rows[0]?.delivered === true;
  }
}
