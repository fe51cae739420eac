import type { LogPosition } from '../../../application/ports/event-store';
import type { Connection } from '../connection/connection';
import { readAt, readHead } from '../reads/stream-reader';
import { isAfter, positionText } from './positions';

/** A node of a cluster may lag for a moment: a log is only called too short when it stays so. */
const CHECKS = 4;
const PAUSE_MS = 500;

/** The position to go on from is not of this log: it was restored from a copy, or is another one. Going on would diverge. */
export class PositionNotInLog extends Error {
  constructor(feed: string, position: LogPosition, detail: string) {
    super(`feed ${feed} stands at ${positionText(position)}, which is not in the log: ${detail}`);
    this.name = 'PositionNotInLog';
  }
}

/** What a feed knows of the log: where it would go on, and the last event that it has handled, if any. */
export interface KnownOfLog {
  readonly feed: string;
  readonly from: LogPosition;
  readonly last: { readonly position: LogPosition; readonly eventId: string } | null;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isStopped: () => boolean;
}

/** @throws PositionNotInLog; the gRPC error where the store cannot be asked. */
export async function assertInLog(connection: Connection, known: KnownOfLog): Promise<void> {
  const { from, last } = known;
  if (last !== null) await assertLastIsThere(connection, known, last);
  if (last === null || isAfter(from, last.position)) await assertNotBeyondEnd(connection, known);
}

/** A log that was cut short and has grown again since has a position there, and another event. */
async function assertLastIsThere(
  connection: Connection,
  { feed, sleep, isStopped }: KnownOfLog,
  { position, eventId }: { readonly position: LogPosition; readonly eventId: string },
): Promise<void> {
  for (let check = 1; !isStopped(); check++) {
    const found = await readAt(connection, position);
    if (found.kind === 'later_event') return;
    if (found.kind === 'event') {
      if (found.eventId === eventId) return;
      throw new PositionNotInLog(feed, position, `${found.eventId} is where ${eventId} was`);
    }
    if (found.kind === 'no_position') throw new PositionNotInLog(feed, position, `${eventId} was there`);
    if (check >= CHECKS) throw new PositionNotInLog(feed, position, `it ends before ${eventId}`);
    await sleep(PAUSE_MS);
  }
}

async function assertNotBeyondEnd(connection: Connection, { feed, from, sleep, isStopped }: KnownOfLog): Promise<void> {
  let head: LogPosition | null = null;
  for (let check = 1; check <= CHECKS && !isStopped(); check++) {
    head = await readHead(connection);
    if (head !== null && !isAfter(from, head)) return;
    await sleep(PAUSE_MS);
  }
  if (!isStopped()) throw new PositionNotInLog(feed, from, `its end is at ${positionText(head)}`);
}
