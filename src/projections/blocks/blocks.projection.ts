import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection } from '../../application/ports/projection';
import { assertNever } from '../../domain/shared/decider';
import type { BlockEvent, BlockKind } from '../../domain/fraud/events';
import { eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';

interface Row {
  readonly subject: string;
  readonly revision: string;
  readonly kind: BlockKind;
  readonly customer_id: string | null;
  readonly reason: string;
  readonly placed_at: Date | string;
  readonly lifted_at: Date | string | null;
  readonly note: string | null;
}

const UPSERT = `
  INSERT INTO blocks AS b (subject, revision, kind, customer_id, reason, placed_at, lifted_at, note)
  SELECT subject, revision, kind, customer_id, reason, placed_at, lifted_at, note
    FROM json_populate_recordset(NULL::blocks, $1::json)
  ON CONFLICT (subject) DO UPDATE
     SET revision = excluded.revision, kind = excluded.kind, customer_id = excluded.customer_id, reason = excluded.reason,
         placed_at = excluded.placed_at, lifted_at = excluded.lifted_at, note = excluded.note
   WHERE b.revision < excluded.revision`;

/** Which blocks stand, and why; and which were lifted. */
export const blocksProjection: EventProjection = {
  kind: 'events',
  name: 'blocks',
  version: 1,
  tables: [{ name: 'blocks' }],
  handles: ['BlockPlaced', 'BlockLifted'] satisfies BlockEvent['type'][],
  async apply(events, sql) {
    const subjects = [...new Set(events.map((event) => eventOf<BlockEvent>(event).data.subject))];
    const { rows } = await sql.query<Row>({ text: 'SELECT * FROM blocks WHERE subject = ANY($1)', values: [subjects] });
    const blocks = new Map(rows.map((row) => [row.subject, row]));
    for (const recorded of events) {
      const { subject } = eventOf<BlockEvent>(recorded).data;
      const after = foldBlock(blocks.get(subject), recorded);
      if (after !== undefined) blocks.set(subject, after);
    }
    await sql.query({ text: UPSERT, values: [sqlJson([...blocks.values()])] });
  },
};

function foldBlock(row: Row | undefined, recorded: RecordedEvent): Row | undefined {
  if (row !== undefined && recorded.revision <= BigInt(row.revision)) return row;
  const event = eventOf<BlockEvent>(recorded);
  const revision = recorded.revision.toString();
  switch (event.type) {
    case 'BlockPlaced': {
      const { subject, kind, customerId, reason } = event.data;
      const placed_at = recorded.metadata.at;
      return { subject, revision, kind, customer_id: customerId, reason, placed_at, lifted_at: null, note: null };
    }
    case 'BlockLifted':
      return row === undefined ? row : { ...row, revision, lifted_at: recorded.metadata.at, note: event.data.note };
    default:
      return assertNever(event);
  }
}
