import type { EventProjection } from '../../application/ports/projection';
import type { InboundEvent } from '../../domain/inbound/events';
import type { Mode } from '../../domain/shared/event';
import { eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';

interface Row {
  readonly number: string;
  readonly keyword: string;
  readonly revision: string;
  readonly customer_id: string;
  /** Null of a release: as it was. */
  readonly mode: Mode | null;
  readonly senders: readonly string[] | null;
  readonly changed_at: string;
  readonly released: boolean;
}

/** A release without its assignment cannot be: the number's stream begins with one. */
const UPSERT = `
  INSERT INTO inbound_numbers AS n (number, keyword, revision, customer_id, mode, senders, changed_at, released)
  SELECT number, keyword, revision, customer_id, coalesce(mode, ''), coalesce(senders, '[]'::jsonb), changed_at, released
    FROM json_populate_recordset(NULL::inbound_numbers, $1::json)
  ON CONFLICT (number, keyword) DO UPDATE
     SET revision = excluded.revision, customer_id = excluded.customer_id, changed_at = excluded.changed_at,
         released = excluded.released,
         mode = CASE WHEN excluded.mode = '' THEN n.mode ELSE excluded.mode END,
         senders = CASE WHEN excluded.mode = '' THEN n.senders ELSE excluded.senders END
   WHERE n.revision < excluded.revision`;

/** Which numbers and keywords are whose. */
export const inboundNumbersProjection: EventProjection = {
  kind: 'events',
  name: 'inbound_numbers',
  version: 1,
  tables: [{ name: 'inbound_numbers' }],
  handles: ['InboundNumberAssigned', 'InboundNumberReleased'] satisfies InboundEvent['type'][],
  async apply(events, sql) {
    const latest = new Map<string, Row>();
    for (const recorded of events) {
      const event = eventOf<Exclude<InboundEvent, { type: 'ParkedTextDiscarded' }>>(recorded);
      const { number, customerId } = event.data;
      const keyword = event.data.keyword ?? '';
      const key = `${number}\n${keyword}`;
      const assigned = event.type === 'InboundNumberAssigned' ? event.data : null;
      latest.set(key, {
        number,
        keyword,
        customer_id: customerId,
        revision: recorded.revision.toString(),
        mode: assigned?.mode ?? latest.get(key)?.mode ?? null,
        senders: assigned?.senders ?? latest.get(key)?.senders ?? null,
        changed_at: recorded.metadata.at,
        released: assigned === null,
      });
    }
    await sql.query({ text: UPSERT, values: [sqlJson([...latest.values()])] });
  },
};
