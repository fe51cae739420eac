import type { LogPosition } from '../../../application/ports/event-store';
import type { CatchUpOptions, FeedItem } from '../../../application/ports/subscriptions';
import { isAfter } from './positions';

/** While the log is being caught up with, a batch that does not fill waits at least this long: events come in bursts. */
const SHORTEST_CATCH_UP_LINGER_MS = 20;
/** After a batch of so many the log is busy, and the next one waits for the longer linger. */
const BUSY_ITEMS = 20;

export interface BatcherEvents {
  /** Too much is waiting, or no longer. */
  readonly onFull: () => void;
  readonly onRoom: () => void;
  /** `onBatch` threw, see `failure`. Nothing more is handed out. */
  readonly onFailure: () => void;
  /** All that had come before `caughtUp` has been handled. */
  readonly onCaughtUp: () => void;
  readonly onHandled: (last: FeedItem) => void;
}

/** Gathers one subscription's events into batches and hands them out one at a time. */
export class Batcher {
  private pending: FeedItem[] = [];
  /** Of the last event taken in, handled or not. */
  private reached: LogPosition | null;
  private running: Promise<void> | null = null;
  private runningCreated: string | null = null;
  private due = false;
  private live = false;
  private ended = false;
  private failed: Error | null = null;
  private timer: NodeJS.Timeout | null = null;
  private busy = false;
  private received = 0;
  private handled = 0;
  private caughtUpAt: number | null = null;
  private checkpoint: { readonly position: LogPosition; readonly after: number } | null = null;

  constructor(
    private readonly options: Pick<CatchUpOptions, 'batchSize' | 'lingerMs' | 'busyLingerMs' | 'onBatch'>,
    /** From where to subscribe again: the last handled, or a checkpoint after it. */
    private resume: LogPosition | null,
    private readonly events: BatcherEvents,
  ) {
    this.reached = resume;
  }

  get resumeFrom(): LogPosition | null {
    return this.resume;
  }

  /** What `onBatch` threw. */
  get failure(): Error | null {
    return this.failed;
  }

  /** ISO time of the oldest event that waits or is being handled; null where nothing is. */
  oldestCreated(): string | null {
    return this.runningCreated ?? this.pending[0]?.event.created ?? null;
  }

  add(item: FeedItem): void {
    // A server that repeats itself, after a reconnection or within one, must not have anything handled twice in one process.
    if (this.ended || (this.reached !== null && !isAfter(item.event.position, this.reached))) return;
    this.reached = item.event.position;
    this.received += 1;
    this.pending.push(item);
    if (this.pending.length >= this.options.batchSize * 2) this.events.onFull();
    if (this.pending.length < this.options.batchSize) this.linger();
    this.pump();
  }

  checkpointReached(position: LogPosition): void {
    this.checkpoint = { position, after: this.received };
    this.settle();
  }

  caughtUp(): void {
    this.caughtUpAt = this.received;
    this.due = true;
    this.pump();
    this.settle();
  }

  fellBehind(): void {
    this.live = false;
  }

  /** Hands out nothing more; resolves when the running batch has returned. */
  async end(): Promise<void> {
    this.ended = true;
    this.pending = [];
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private linger(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.due = true;
      this.pump();
    }, this.lingerMs());
  }

  private lingerMs(): number {
    const { lingerMs, busyLingerMs = lingerMs } = this.options;
    if (!this.live) return Math.max(lingerMs, SHORTEST_CATCH_UP_LINGER_MS);
    return this.busy ? busyLingerMs : lingerMs;
  }

  private pump(): void {
    if (this.ended || this.running !== null || this.pending.length === 0) return;
    if (this.pending.length < this.options.batchSize && !this.due) return;
    const items = this.pending.splice(0, this.options.batchSize);
    this.due = false;
    this.busy = items.length >= BUSY_ITEMS;
    const last = items.at(-1);
    if (last === undefined) return;
    this.runningCreated = items[0]?.event.created ?? null;
    this.running = this.handle(items, last);
  }

  private async handle(items: readonly FeedItem[], last: FeedItem): Promise<void> {
    try {
      await this.options.onBatch(items, last.event.position);
    } catch (error) {
      this.ended = true;
      this.failed = error instanceof Error ? error : new Error(String(error));
      this.events.onFailure();
      return;
    } finally {
      this.running = null;
      this.runningCreated = null;
    }
    this.handled += items.length;
    this.resume = last.event.position;
    this.events.onHandled(last);
    this.settle();
    if (this.pending.length < this.options.batchSize) this.events.onRoom();
    if (this.pending.length > 0) this.linger();
    this.pump();
  }

  /** What was said after the last handled event holds now. */
  private settle(): void {
    if (this.checkpoint !== null && this.handled >= this.checkpoint.after) {
      if (this.resume === null || isAfter(this.checkpoint.position, this.resume))
        this.resume = this.checkpoint.position;
      this.checkpoint = null;
    }
    if (this.caughtUpAt !== null && this.handled >= this.caughtUpAt) {
      this.caughtUpAt = null;
      this.live = true;
      this.events.onCaughtUp();
    }
  }
}
