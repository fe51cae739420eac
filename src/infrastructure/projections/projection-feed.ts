import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../application/ports/clock';
import type { LogPosition } from '../../application/ports/event-store';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';
import type { Projection } from '../../application/ports/projection';
import type { CatchUpSubscription, FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import type { Database } from '../postgres/database';
import { CheckpointTaken, isBefore } from './checkpoints';
import { ProjectionRunner } from './projection-runner';

export interface FeedSettings {
  /** Most events a batch. */
  readonly batchSize: number;
  /** How long a live batch waits for more, milliseconds. */
  readonly lingerMs: number;
  /** The same while events come in numbers: every batch costs each projection a transaction. */
  readonly busyLingerMs: number;
  /** Pause of a projection after its first failure in a row, milliseconds; doubles up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export interface FeedParts {
  readonly subscriptions: Subscriptions;
  readonly database: Database;
  readonly metrics: Pick<Metrics, 'projectionLag'>;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Health {
  /** In a row. */
  failures: number;
  /** Monotonic milliseconds; it takes no part before. */
  asideUntilMs: number;
}

/**
 * One term of leading: a single read of `$all`, from the smallest checkpoint, drives all projections. While a batch is
 * being written the next one is read and decoded. A projection that fails is set aside for a pause and the others go on;
 * then the read starts again from its checkpoint, and the others pass over what they have.
 */
export class ProjectionFeed {
  private readonly health: ReadonlyMap<string, Health>;
  private subscription: CatchUpSubscription | null = null;
  private halted = false;

  constructor(
    private readonly projections: readonly Projection[],
    private readonly parts: FeedParts,
    private readonly settings: FeedSettings,
  ) {
    this.health = new Map(projections.map(({ name }) => [name, { failures: 0, asideUntilMs: 0 }]));
  }

  /** Reached the end of the log as it was when it subscribed. */
  isLive(): boolean {
    return this.subscription?.isLive() ?? false;
  }

  /** Until `term` aborts. @throws CheckpointTaken when another process writes too. */
  async run(term: AbortSignal): Promise<void> {
    while (!term.aborted) {
      if (this.halted) return wait(null, term);
      const now = this.parts.clock.monotonicMs();
      const active = this.projections.filter((one) => this.healthOf(one).asideUntilMs <= now);
      const others = this.projections.filter((one) => !active.includes(one));
      const wakeInMs =
        others.length === 0 ? null : Math.min(...others.map((one) => this.healthOf(one).asideUntilMs)) - now;
      if (active.length > 0) await this.read(active, wakeInMs, term);
      else await wait(wakeInMs, term);
    }
  }

  /** Until the term ends, one fails, or one that was set aside may try again. */
  private async read(projections: readonly Projection[], wakeInMs: number | null, term: AbortSignal): Promise<void> {
    const runners = await this.load(projections);
    if (runners === null) return;
    const over = new AbortController();
    let taken: Error | undefined;
    let writing: Promise<void> = Promise.resolve();
    const subscription = this.parts.subscriptions.catchUp({
      name: 'projections',
      from: smallestCheckpoint(runners),
      streamPrefixes: [],
      batchSize: this.settings.batchSize,
      lingerMs: this.settings.lingerMs,
      busyLingerMs: this.settings.busyLingerMs,
      onBatch: async (items, upTo) => {
        await writing;
        // After a failure nobody knows where the runners stand: what still comes is read again after they were loaded anew.
        if (over.signal.aborted) return;
        writing = this.write(runners, items, upTo, over).catch((error: unknown) => {
          taken = error instanceof Error ? error : new Error(String(error));
          over.abort();
        });
      },
      onStopped: () => {
        // The log is not the one that the rows were made from: no other try in this process could be right.
        this.halted = true;
        over.abort();
      },
    });
    this.subscription = subscription;
    try {
      await wait(wakeInMs, AbortSignal.any([term, over.signal]));
    } finally {
      over.abort();
      this.subscription = null;
      await subscription.stop();
      await writing;
    }
    if (taken !== undefined) throw taken;
  }

  private async load(projections: readonly Projection[]): Promise<ProjectionRunner[] | null> {
    const { database, clock } = this.parts;
    try {
      return await Promise.all(
        projections.map((projection) => ProjectionRunner.load(projection, database, () => clock.monotonicMs())),
      );
    } catch (error) {
      for (const projection of projections) this.setAside(projection, error);
      return null;
    }
  }

  private async write(
    runners: readonly ProjectionRunner[],
    items: readonly FeedItem[],
    upTo: LogPosition,
    over: AbortController,
  ): Promise<void> {
    const results = await Promise.allSettled(runners.map((runner) => runner.handle(items, upTo)));
    let failed = false;
    for (const [i, result] of results.entries()) {
      const projection = runners[i]?.projection;
      if (projection === undefined) continue;
      if (result.status === 'fulfilled') {
        this.healthOf(projection).failures = 0;
        this.observeLag(projection, items);
        continue;
      }
      const reason: unknown = result.reason;
      if (reason instanceof CheckpointTaken) throw reason;
      this.setAside(projection, reason);
      failed = true;
    }
    if (failed) over.abort();
  }

  private setAside(projection: Projection, error: unknown): void {
    const health = this.healthOf(projection);
    const { firstPauseMs, longestPauseMs } = this.settings;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(health.failures, 20));
    health.failures++;
    health.asideUntilMs = this.parts.clock.monotonicMs() + pauseMs;
    this.parts.logger.error(
      { err: error, projection: projection.name, failures: health.failures, pauseMs },
      'a projection failed and will try again',
    );
  }

  private healthOf(projection: Projection): Health {
    const health = this.health.get(projection.name);
    if (health === undefined) throw new Error(`unknown projection ${projection.name}`);
    return health;
  }

  private observeLag(projection: Projection, items: readonly FeedItem[]): void {
    const last = items.at(-1);
    if (last === undefined) return;
    this.parts.metrics.projectionLag(
      projection.name,
      Math.max(0, this.parts.clock.now() - Date.parse(last.event.created)),
    );
  }
}

function smallestCheckpoint(runners: readonly ProjectionRunner[]): LogPosition | null {
  let smallest = runners[0]?.checkpoint ?? null;
  for (const { checkpoint } of runners) if (isBefore(checkpoint, smallest)) smallest = checkpoint;
  return smallest;
}

/** Until the time is over (null: no end) or the signal aborts. */
async function wait(ms: number | null, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  if (ms === null) return aborted;
  const timer = new AbortController();
  try {
    await Promise.race([aborted, delay(Math.max(0, ms), undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
