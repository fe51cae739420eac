import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { streamPrefixes } from '../../domain/shared/streams';
import { byStream } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';
import { ATTEMPT_EVENTS, MessageFold, type AttemptChange, type AttemptRow, type WatchRow } from './attempt-rows';

const BEGIN = `
  INSERT INTO message_attempts AS a
  SELECT * FROM json_populate_recordset(NULL::message_attempts, $1::json)
  ON CONFLICT (message_id, attempt) DO UPDATE
     SET revision = excluded.revision, status = excluded.status,
         provider_message_id = coalesce(excluded.provider_message_id, a.provider_message_id),
         answered_at = coalesce(a.answered_at, excluded.answered_at), counts = excluded.counts,
         report = coalesce(excluded.report, a.report), reported_at = coalesce(excluded.reported_at, a.reported_at)
   WHERE a.revision < excluded.revision`;

const CHANGE = `
  UPDATE message_attempts a
     SET revision = x.revision, status = coalesce(x.status, a.status),
         provider_message_id = coalesce(x.provider_message_id, a.provider_message_id),
         answered_at = coalesce(a.answered_at, x.answered_at), counts = coalesce(x.counts, a.counts),
         report = coalesce(x.report, a.report), reported_at = coalesce(x.reported_at, a.reported_at)
    FROM json_to_recordset($1::json)
      AS x (message_id text, attempt integer, revision bigint, status text, provider_message_id text,
            answered_at timestamptz, counts boolean, report text, reported_at timestamptz)
   WHERE a.message_id = x.message_id AND a.attempt = x.attempt AND a.revision < x.revision`;

const WATCH = `
  INSERT INTO message_watch AS w
  SELECT * FROM json_populate_recordset(NULL::message_watch, $1::json)
  ON CONFLICT (message_id) DO UPDATE
     SET revision = excluded.revision, attempts = excluded.attempts, status = excluded.status, look_at = excluded.look_at
   WHERE w.revision < excluded.revision`;

/** Calls to providers, and messages that have not ended. */
export const messageAttemptsProjection: EventProjection = {
  kind: 'events',
  name: 'message_attempts',
  version: 1,
  tables: [{ name: 'message_attempts' }, { name: 'message_watch' }],
  handles: ATTEMPT_EVENTS,
  async apply(events, sql) {
    const streams = byStream(events);
    const older: string[] = [];
    for (const [stream, news] of streams) {
      if (!news.some(({ type }) => type === 'MessageQueued' || type === 'MessageScheduled')) older.push(stream);
    }
    const watched = await load(older, sql);
    const begun: AttemptRow[] = [];
    const changed: AttemptChange[] = [];
    const watch: WatchRow[] = [];
    const ended: string[] = [];
    for (const [stream, news] of streams) {
      const before = watched.get(stream) ?? null;
      const fold = new MessageFold(before);
      for (const event of news) fold.apply(event);
      begun.push(...fold.begun.values());
      changed.push(...fold.changed.values());
      if (fold.watch !== null && fold.watch !== before) watch.push(fold.watch);
      if (fold.ended) ended.push(stream.slice(streamPrefixes.message.length));
    }
    if (begun.length > 0) await sql.query({ name: 'attempts_begin', text: BEGIN, values: [sqlJson(begun)] });
    if (changed.length > 0) await sql.query({ name: 'attempts_change', text: CHANGE, values: [sqlJson(changed)] });
    if (watch.length > 0) await sql.query({ name: 'watch_put', text: WATCH, values: [sqlJson(watch)] });
    if (ended.length > 0) {
      const text = 'DELETE FROM message_watch WHERE message_id = ANY($1::text[])';
      await sql.query({ name: 'watch_end', text, values: [ended] });
    }
  },
};

/** Rows by stream; a message that has ended has none. */
async function load(streams: readonly string[], sql: ProjectionSql): Promise<Map<string, WatchRow>> {
  if (streams.length === 0) return new Map();
  const { rows } = await sql.query<Omit<WatchRow, 'look_at'> & { look_at: Date }>({
    name: 'watch_load',
    text: 'SELECT * FROM message_watch WHERE message_id = ANY($1::text[])',
    values: [streams.map((stream) => stream.slice(streamPrefixes.message.length))],
  });
  return new Map(
    rows.map((row) => [streamPrefixes.message + row.message_id, { ...row, look_at: row.look_at.toISOString() }]),
  );
}
