import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { streamPrefixes } from '../../domain/shared/streams';
import { byStream } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';
import { foldMessage, MESSAGE_EVENTS, type MessageRow } from './message-row';
import { MESSAGE_COLUMNS, rowFromSql, type MessageSqlRow } from './message-sql-row';

const UPSERT = `
  INSERT INTO messages AS m (${MESSAGE_COLUMNS})
  SELECT ${MESSAGE_COLUMNS} FROM json_populate_recordset(NULL::messages, $1::json)
  ON CONFLICT (message_id) DO UPDATE
     SET revision = excluded.revision, status = excluded.status, final = excluded.final, tier = excluded.tier,
         amount = excluded.amount, charge = excluded.charge, error = excluded.error,
         send_at = excluded.send_at, valid_until = excluded.valid_until,
         dispatched_at = excluded.dispatched_at, delivered_at = excluded.delivered_at
   WHERE m.revision < excluded.revision`;

const UPDATE = `
  UPDATE messages AS m
     SET revision = x.revision, status = x.status, final = x.final, tier = x.tier, amount = x.amount, charge = x.charge,
         error = x.error, send_at = x.send_at, valid_until = x.valid_until,
         dispatched_at = x.dispatched_at, delivered_at = x.delivered_at
    FROM json_to_recordset($1::json) AS x(message_id text, revision bigint, status text, final boolean, tier text,
         amount numeric, charge text, error jsonb, send_at timestamptz, valid_until timestamptz,
         dispatched_at timestamptz, delivered_at timestamptz)
   WHERE m.message_id = x.message_id AND m.revision < x.revision`;

/** One row a message: what GET and the lists answer. */
export const messagesProjection: EventProjection = {
  kind: 'events',
  name: 'messages',
  version: 1,
  tables: [{ name: 'messages' }],
  handles: MESSAGE_EVENTS,
  async apply(events, sql) {
    const streams = byStream(events);
    const begun = new Map<string, MessageRow>();
    const older: string[] = [];
    for (const [stream, news] of streams) {
      if (isBegun(news)) {
        const row = news.reduce(foldMessage, null);
        if (row !== null) begun.set(stream, row);
      } else older.push(stream);
    }
    const standing = await load(older, sql);
    const changed: MessageRow[] = [];
    for (const stream of older) {
      const before = standing.get(stream) ?? null;
      const after = (streams.get(stream) ?? []).reduce(foldMessage, before);
      if (after === null || after === before) continue;
      if (before === null) begun.set(stream, after);
      else changed.push(after);
    }
    if (begun.size > 0) {
      await sql.query({ name: 'messages_upsert', text: UPSERT, values: [sqlJson([...begun.values()])] });
    }
    if (changed.length > 0) {
      await sql.query({ name: 'messages_update', text: UPDATE, values: [sqlJson(changed.map(state))] });
    }
  },
};

const BEGINNINGS: ReadonlySet<string> = new Set(['MessageScheduled', 'MessageReceived']);

/** Do these begin the message? One that was scheduled or abandoned before is queued at a later revision. */
const isBegun = (news: readonly RecordedEvent[]): boolean =>
  news.some(({ type, revision }) => BEGINNINGS.has(type) || (type === 'MessageQueued' && revision === 0n));

/** Rows by stream. A stream without one holds nothing but abandoned attempts so far. */
async function load(streams: readonly string[], sql: ProjectionSql): Promise<Map<string, MessageRow>> {
  if (streams.length === 0) return new Map();
  const ids = streams.map((stream) => stream.slice(streamPrefixes.message.length));
  const { rows } = await sql.query<MessageSqlRow>({
    name: 'messages_load',
    text: `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message_id = ANY($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [streamPrefixes.message + row.message_id, rowFromSql(row)]));
}

/** The part of a row that changes. */
function state(row: MessageRow): Partial<MessageRow> {
  const { message_id, revision, status, final, tier, amount, charge, error } = row;
  const { send_at, valid_until, dispatched_at, delivered_at } = row;
  const times = { send_at, valid_until, dispatched_at, delivered_at };
  return { message_id, revision, status, final, tier, amount, charge, error, ...times };
}
