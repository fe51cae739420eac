import { setTimeout as delay } from 'node:timers/promises';
import type { LogPosition } from '../../application/ports/event-store';
import type { FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import { isBefore } from './checkpoints';

/** No more than so many are counted: whoever is further behind than that is told so. */
export const MOST_COUNTED = 10_000;
const WITHIN_MS = 5_000;
const BATCH_SIZE = 1_000;
/** The feed's name in metrics and logs. */
const NAME = 'lag';

/** How far a reader of the log is behind. */
export interface Lag {
  /** Of the log still to handle, at most `MOST_COUNTED`. */
  readonly events: number;
  /** ISO: the store's time of the oldest of them; null where there is none. */
  readonly oldest: string | null;
}

/**
 * Reads on from each position to the end of the log, or until enough have been counted. Positions in `$all` are no
 * numbers of events: counting is the only way to know.
 * @returns one lag a position; null where the log did not answer in time.
 */
export async function readLags(
  subscriptions: Subscriptions,
  positions: readonly (LogPosition | null)[],
): Promise<Lag[] | null> {
  const smallest = positions.reduce((least, one) => (isBefore(one, least) ? one : least), positions[0] ?? null);
  const items: FeedItem['event'][] = [];
  let done: () => void = () => undefined;
  const counted = new Promise<'counted'>((resolve) => {
    done = () => resolve('counted');
  });
  const subscription = subscriptions.catchUp({
    name: NAME,
    from: smallest,
    streamPrefixes: [],
    batchSize: BATCH_SIZE,
    lingerMs: 0,
    onBatch: (batch) => {
      for (const { event } of batch) if (items.length < MOST_COUNTED) items.push(event);
      if (items.length >= MOST_COUNTED) done();
      return Promise.resolve();
    },
    onCaughtUp: done,
  });
  const timer = new AbortController();
  try {
    const late = delay(WITHIN_MS, 'late' as const, { signal: timer.signal });
    if ((await Promise.race([counted, late])) === 'late') return null;
  } finally {
    timer.abort();
    await subscription.stop();
  }
  return positions.map((position) => {
    const first = items.findIndex((item) => isBefore(position, item.position));
    return first < 0
      ? { events: 0, oldest: null }
      : { events: items.length - first, oldest: items[first]?.created ?? null };
  });
}
