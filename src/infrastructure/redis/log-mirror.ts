import type { Logger } from '../../application/ports/logger';
import type { CatchUpSubscription, FeedItem, Subscriptions } from '../../application/ports/subscriptions';
import type { RecordedEvent } from '../../application/ports/event-store';
import type { RedisConnection } from './redis-connection';

/** Finds what Redis knows a recipient by; events and streams only name a random subject id. */
export interface SubjectHashes {
  /** By subject; one that has been erased is missing: nobody can be known by it any more. */
  find(
    subjectIds: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly customerId: string; readonly lookupHash: string }>>;
}

/** Which streams are followed, and the key whose presence says that all of them have been written. */
export interface Mirrored {
  readonly name: string;
  readonly streamPrefix: string;
  readonly marker: string;
}

/** What a mirror needs of the process. */
export interface MirrorParts {
  readonly subscriptions: Subscriptions;
  readonly connection: RedisConnection;
  readonly subjects: SubjectHashes;
  readonly logger: Logger;
}

/**
 * Something of the log, in Redis, for the one round trip before an accept. Every process follows the streams and writes what
 * it reads, which does no harm twice. A flushed Redis is told by a missing marker and written anew, from memory, before
 * anyone is admitted.
 */
export abstract class LogMirror<Entry> {
  private readonly entries = new Map<string, Entry>();
  private subscription: CatchUpSubscription | null = null;
  private caughtUp = false;
  private rewriting: Promise<boolean> | null = null;
  /** Ends when the last write has: what is older must not be written over what is newer. */
  private written: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly mirrored: Mirrored,
    protected readonly parts: MirrorParts,
  ) {}

  /** What the event makes of an entry; null where it says nothing about one. */
  protected abstract read(event: RecordedEvent, entry: (id: string) => Entry | undefined): [string, Entry] | null;

  /** Makes Redis agree with these entries. */
  protected abstract write(entries: readonly Entry[]): Promise<void>;

  start(): void {
    this.subscription = this.parts.subscriptions.catchUp({
      name: this.mirrored.name,
      from: null,
      streamPrefixes: [this.mirrored.streamPrefix],
      batchSize: 500,
      lingerMs: 5,
      onBatch: (items) => this.onBatch(items),
      onCaughtUp: () => this.onCaughtUp(),
      onStopped: (error) => this.onStopped(error),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  isCaughtUp(): boolean {
    return this.caughtUp;
  }

  /** Writes everything again after Redis has lost it. False where it is not known yet. */
  rewrite(): Promise<boolean> {
    if (!this.caughtUp) return Promise.resolve(false);
    this.rewriting ??= this.inTurn(() => this.writeAll()).finally(() => {
      this.rewriting = null;
    });
    return this.rewriting;
  }

  private async onBatch(items: readonly FeedItem[]): Promise<void> {
    const changed = new Map(items.flatMap((item) => this.keep(item)));
    // Before the end of the log is reached, an entry may already have ended further on: nothing is written yet.
    if (!this.caughtUp || changed.size === 0) return;
    await this.inTurn(() => this.write([...changed.values()]));
  }

  private keep(item: FeedItem): [string, Entry][] {
    if (item.kind !== 'event') return [];
    const read = this.read(item.event, (id) => this.entries.get(id));
    if (read === null) return [];
    this.entries.set(...read);
    return [read];
  }

  private onCaughtUp(): void {
    this.caughtUp = true;
    this.rewrite().catch((error: unknown) => {
      // The marker is missing or as old as what is in Redis; the first request without it tries again.
      this.parts.logger.warn({ err: error }, `the ${this.mirrored.name} could not be written to Redis yet`);
    });
  }

  private onStopped(error: unknown): void {
    // Readiness goes red: a process that no longer hears of them must not go on accepting for long.
    this.caughtUp = false;
    this.parts.logger.error({ err: error }, `${this.mirrored.name} are not followed any more`);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.written.then(work);
    // Whoever asked for it hears of a failure; the next one's turn comes all the same.
    this.written = turn.catch(() => undefined);
    return turn;
  }

  private async writeAll(): Promise<boolean> {
    await this.write([...this.entries.values()]);
    await this.parts.connection.run((redis) => redis.set(this.mirrored.marker, '1'));
    return true;
  }
}
