import { StreamDeleted, type EventStore, type LogPosition } from '../../application/ports/event-store';
import type { Subscriptions } from '../../application/ports/subscriptions';
import { auditEnd } from '../../projections/audit/audit-table';
import { UndecodableStream } from '../event-store/event-store-adapter';
import type { Sql } from '../postgres/database';
import type { ComparisonInput, EventLookUp } from './compare-with-log';
import { readLog } from './read-log';

/** An event of this age has its row, unless something is wrong. Milliseconds. */
const DUE_AFTER_MS = 60_000;

/** What the rows are compared with. @param nowMs when the snapshot was taken. */
export async function eventLogTruth(
  sql: Sql,
  { subscriptions, store }: { readonly subscriptions: Subscriptions; readonly store: EventStore },
  nowMs: number,
): Promise<ComparisonInput> {
  return {
    events: readLog(subscriptions, null),
    lookUp: lookUpIn(store),
    projectedTo: await projectedTo(sql),
    dueBefore: new Date(nowMs - DUE_AFTER_MS).toISOString(),
  };
}

/** The farther of the two notes: whoever cuts the tail has to set both back. */
async function projectedTo(sql: Sql): Promise<LogPosition | null> {
  const { rows } = await sql.query<{ commit_position: string; prepare_position: string }>({
    text: `SELECT commit_position, prepare_position FROM projection_checkpoints
            WHERE name = 'audit' AND commit_position IS NOT NULL
            ORDER BY commit_position DESC, prepare_position DESC LIMIT 1`,
  });
  const saved = rows[0];
  const end = (await auditEnd(sql))?.position ?? null;
  const checkpoint =
    saved === undefined ? null : { commit: BigInt(saved.commit_position), prepare: BigInt(saved.prepare_position) };
  if (end === null || end.commit < 0n) return checkpoint;
  return checkpoint === null || checkpoint.commit < end.commit ? end : checkpoint;
}

export const lookUpIn =
  (store: EventStore): EventLookUp =>
  async (stream, revision, eventId) => {
    try {
      const [event] = await store.readStream(stream, revision, 1);
      return event?.revision === revision && (eventId === null || event.id.toLowerCase() === eventId);
    } catch (error) {
      // There is one, whatever it says.
      if (error instanceof UndecodableStream) return true;
      if (error instanceof StreamDeleted) return false;
      throw error;
    }
  };
