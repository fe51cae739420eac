import { setTimeout as delay } from 'node:timers/promises';
import type { LogPosition } from '../../application/ports/event-store';
import type { Projection } from '../../application/ports/projection';
import type { CatchUpSubscription, FeedItem } from '../../application/ports/subscriptions';
import { CheckpointTaken, isBefore } from './checkpoints';
import type { FeedParts, FeedSettings } from './feed-parts';
import { LagWatch, type FeedView } from './lag-watch';
import { ProjectionRunner } from './projection-runner';
import { wait } from './wait';

interface Member {
  readonly projection: Projection;
  /** Loaded for the read under way. */
  runner: ProjectionRunner | null;
  /** In a row. */
  failures: number;
  /** Monotonic milliseconds; it takes no part before. */
  asideUntilMs: number;
  readonly end: (error?: Error) => void;
}

/** Those who join together are waited for, so that the log is not begun again for each. */
const GATHER_MS = 20;
const SETTLE_EVERY_MS = 5_000;

/**
 * A single read of `$all`, from the smallest checkpoint, drives all projections that this process leads. While a batch is
 * being written the next one is read and decoded. A projection that fails is set aside for a pause and the others go on;
 * then the read starts again from its checkpoint, and the others pass over what they have.
 */
export class ProjectionFeed {
  private readonly members = new Set<Member>();
  private readonly lag: LagWatch;
  /** Aborted when somebody joins or leaves: the read under way ends, and the next one has the members of then. */
  private changed = new AbortController();
  private rounds: Promise<void> | null = null;
  private round: Promise<void> = Promise.resolve();
  private subscription: CatchUpSubscription | null = null;
  private halted = false;
  private inHand = 0;

  constructor(
    private readonly parts: FeedParts,
    private readonly settings: FeedSettings,
  ) {
    this.lag = new LagWatch(parts, () => this.view());
  }

  /**
   * Runs a projection until `term` aborts and its running batch has ended.
   * @throws CheckpointTaken when another process writes it too; the others go on.
   */
  async follow(projection: Projection, term: AbortSignal): Promise<void> {
    if (term.aborted) return;
    let end: (error?: Error) => void = () => undefined;
    const ended = new Promise<Error | undefined>((resolve) => {
      end = resolve;
    });
    const member: Member = { projection, runner: null, failures: 0, asideUntilMs: 0, end };
    const leave = (): void => end();
    term.addEventListener('abort', leave, { once: true });
    this.members.add(member);
    this.change();
    const error = await ended;
    term.removeEventListener('abort', leave);
    this.members.delete(member);
    this.change();
    await this.round;
    this.parts.metrics.projectionsLeft([projection.name]);
    if (error !== undefined) throw error;
  }

  private change(): void {
    this.changed.abort();
    this.changed = new AbortController();
    this.rounds ??= this.run().finally(() => {
      this.rounds = null;
      if (this.members.size > 0) this.change();
    });
  }

  private async run(): Promise<void> {
    this.lag.start();
    while (this.members.size > 0) {
      await delay(GATHER_MS);
      const { signal } = this.changed;
      const now = this.parts.clock.monotonicMs();
      const active = [...this.members].filter((one) => one.asideUntilMs <= now);
      const aside = [...this.members].filter((one) => !active.includes(one));
      const wakeInMs = aside.length === 0 ? null : Math.min(...aside.map((one) => one.asideUntilMs)) - now;
      const isReading = active.length > 0 && !this.halted;
      this.round = isReading ? this.read(active, wakeInMs, signal) : wait(this.halted ? null : wakeInMs, signal);
      await this.round;
    }
    this.lag.stop();
  }

  /** Until somebody joins or leaves, one fails, or one that was set aside may try again. */
  private async read(active: readonly Member[], wakeInMs: number | null, changed: AbortSignal): Promise<void> {
    const members = await this.load(active);
    if (members.length < active.length) return;
    const over = new AbortController();
    let writing: Promise<void> = Promise.resolve();
    const subscription = this.parts.subscriptions.catchUp({
      name: 'projections',
      from: smallestCheckpoint(members),
      streamPrefixes: [],
      batchSize: this.settings.batchSize,
      lingerMs: this.settings.lingerMs,
      busyLingerMs: this.settings.busyLingerMs,
      onBatch: async (items, upTo) => {
        for (let before = null; before !== writing;) await (before = writing);
        // After a failure nobody knows where the runners stand: what still comes is read again after they were loaded anew.
        if (!over.signal.aborted) writing = this.write(members, items, upTo, over);
      },
      onStopped: () => {
        // The log is not the one that the rows were made from: no other try in this process could be right.
        this.halted = true;
        over.abort();
      },
    });
    this.subscription = subscription;
    // A log that has fallen silent brings no batch to save with, and whoever asks would take them to be behind.
    const settling = setInterval(() => {
      writing = writing.then(() => (over.signal.aborted ? undefined : this.settle(members, over)));
    }, SETTLE_EVERY_MS);
    try {
      await wait(wakeInMs, AbortSignal.any([changed, over.signal]));
    } finally {
      clearInterval(settling);
      over.abort();
      this.subscription = null;
      await subscription.stop();
      await writing;
    }
  }

  /** @returns those that know where they stand. */
  private async load(members: readonly Member[]): Promise<Member[]> {
    const { database, clock, metrics } = this.parts;
    const loaded = await Promise.all(
      members.map(async (member) => {
        try {
          member.runner = await ProjectionRunner.load(member.projection, database, () => clock.monotonicMs());
          metrics.projectionParked(member.projection.name, member.runner.parkedStreams.length);
          return [member];
        } catch (error) {
          this.fail(member, error);
          return [];
        }
      }),
    );
    return loaded.flat();
  }

  /** Never rejects: what fails concerns its projection. */
  private settle(members: readonly Member[], over: AbortController): Promise<void> {
    return this.each(members, over, async ({ runner }) => runner?.settle());
  }

  /** Never rejects. */
  private async write(
    members: readonly Member[],
    items: readonly FeedItem[],
    upTo: LogPosition,
    over: AbortController,
  ): Promise<void> {
    this.inHand = items.length;
    await this.each(members, over, (member) => this.handle(member, items, upTo));
    this.inHand = 0;
  }

  private async each(
    members: readonly Member[],
    over: AbortController,
    work: (member: Member) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      members.map(async (member) => {
        try {
          await work(member);
        } catch (error) {
          over.abort();
          this.fail(member, error);
        }
      }),
    );
  }

  private fail(member: Member, error: unknown): void {
    if (error instanceof CheckpointTaken) member.end(error);
    else this.setAside(member, error);
  }

  private async handle(member: Member, items: readonly FeedItem[], upTo: LogPosition): Promise<void> {
    const { projection, runner } = member;
    if (runner === null) throw new Error(`${projection.name} was not loaded`);
    const { parked } = await runner.handle(items, upTo);
    member.failures = 0;
    const { metrics, logger, clock } = this.parts;
    const last = items.at(-1);
    if (last !== undefined) {
      metrics.projectionLag(projection.name, Math.max(0, clock.now() - Date.parse(last.event.created)));
    }
    metrics.projectionParked(projection.name, runner.parkedStreams.length);
    for (const { stream, revision, type, problem, error } of parked) {
      logger.error(
        { projection: projection.name, stream, revision: String(revision), type, problem, cause: error },
        'a stream is parked: its events are held back from this projection',
      );
    }
  }

  private setAside(member: Member, error: unknown): void {
    const { firstPauseMs, longestPauseMs } = this.settings;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(member.failures, 20));
    member.failures++;
    member.asideUntilMs = this.parts.clock.monotonicMs() + pauseMs;
    this.parts.logger.error(
      { err: error, projection: member.projection.name, failures: member.failures, pauseMs },
      'a projection failed and will try again',
    );
  }

  private view(): FeedView {
    return {
      isLive: this.subscription?.isLive() ?? false,
      inHand: this.inHand,
      projections: [...this.members].map(({ projection: { name }, runner, failures }) => ({
        name,
        position: runner?.handledUpTo ?? null,
        isWaiting: runner === null || failures > 0,
      })),
    };
  }
}

function smallestCheckpoint(members: readonly Member[]): LogPosition | null {
  const checkpoints = members.map(({ runner }) => runner?.checkpoint ?? null);
  return checkpoints.reduce((least, one) => (isBefore(one, least) ? one : least), checkpoints[0] ?? null);
}
