import type { EventProjection } from '../../../application/ports/projection';
import type { FeedItem } from '../../../application/ports/subscriptions';
import { Rebuild, type Purpose, type RebuildParts, type RebuildProgress, type RebuildReport } from './rebuild';

/** Larger than in service: nobody waits for a single event. */
const BATCH_SIZE = 5_000;
const LOOK_EVERY_MS = 200;

export interface RebuildOptions {
  /** Aborting leaves what serves as it is. */
  readonly signal: AbortSignal;
  /** A few times a second: of the one that is furthest behind. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

/** Given up before its end: nothing has changed. */
export class RebuildAborted extends Error {
  constructor() {
    super('the rebuild was given up; what served goes on serving');
    this.name = 'RebuildAborted';
  }
}

/**
 * Builds projections anew in one read of the log, each in a schema of its own, while the old rows serve; each takes its
 * place (or is compared, with `verify`) as soon as it stands where the serving one does. Works whether or not a process
 * runs the projections meanwhile. What was put in place stays when another one fails afterwards.
 * @throws RebuildUnderWay, ShapeDiffers, RebuildAborted; whatever a projection or Postgres throws
 */
export async function runRebuilds(
  projections: readonly EventProjection[],
  purpose: Purpose,
  parts: RebuildParts,
  { signal, onProgress }: RebuildOptions,
): Promise<RebuildReport[]> {
  const rebuilds: Rebuild[] = [];
  try {
    for (const projection of projections) rebuilds.push(await Rebuild.begin(projection, purpose, parts));
    await feed(rebuilds, parts, signal, onProgress);
    if (signal.aborted) throw new RebuildAborted();
    return rebuilds.flatMap(({ result }) => (result === null ? [] : [result]));
  } finally {
    await Promise.allSettled(rebuilds.map((one) => one.close()));
  }
}

async function feed(
  rebuilds: readonly Rebuild[],
  parts: RebuildParts,
  signal: AbortSignal,
  onProgress: RebuildOptions['onProgress'],
): Promise<void> {
  const over = new AbortController();
  let failure: { readonly error: unknown } | null = null;
  let working: Promise<unknown> = Promise.resolve();
  let idle = true;
  const work = (task: (rebuild: Rebuild) => Promise<void>): void => {
    idle = false;
    working = Promise.all(rebuilds.map(task))
      .catch((error: unknown) => {
        failure ??= { error };
        over.abort();
      })
      .finally(() => {
        idle = true;
        if (rebuilds.every(({ result }) => result !== null)) over.abort();
      });
  };
  const subscription = parts.subscriptions.catchUp({
    name: 'rebuild',
    from: null,
    streamPrefixes: [],
    batchSize: BATCH_SIZE,
    lingerMs: LOOK_EVERY_MS,
    onBatch: async (items: readonly FeedItem[]) => {
      // The next batch is read and decoded while this one is written.
      await working;
      if (!over.signal.aborted) work((rebuild) => rebuild.handle(items, over.signal));
    },
  });
  const timer = setInterval(() => {
    onProgress?.(leastOf(rebuilds));
    if (idle && !over.signal.aborted && subscription.isLive()) work((rebuild) => rebuild.finishAtEnd());
  }, LOOK_EVERY_MS);
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    if (rebuilds.every(({ result }) => result !== null)) over.abort();
    if (!ended.aborted) await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
  } finally {
    clearInterval(timer);
    over.abort();
    await subscription.stop();
    await working;
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
  onProgress?.(leastOf(rebuilds));
}

function leastOf(rebuilds: readonly Rebuild[]): RebuildProgress {
  return rebuilds
    .map(({ progress }) => progress)
    .reduce((least, one) => (one.share < least.share ? one : least), { events: 0, share: 1 });
}
