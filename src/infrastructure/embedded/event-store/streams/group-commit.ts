import type { GroupWrite, LogStore, WriteBatch } from '../storage/log-store';
import type { StoredEvent } from '../storage/record';
import type { Tail } from '../reading/tail';
import { PendingEvents } from './pending-events';

type MutableBatch = WriteBatch & { readonly pending: PendingEvents; readonly callbacks: (() => void)[] };

function emptyBatch(): MutableBatch {
  const pending = new PendingEvents();
  return { pending, events: pending.all, newStreams: [], groupWrites: [], callbacks: [] };
}

/**
 * Group commit: while one batch is on its way to the disk, the next one fills; all that waited share a sync.
 * After a batch is on disk its events are published and its callbacks run, in order. A failed write is final.
 */
export class GroupCommit {
  private filling = emptyBatch();
  private inFlight: MutableBatch | undefined;
  private scheduled = false;
  private failed = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly store: LogStore,
    private readonly tail: Tail,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Adds events to the next batch; `onDurable` runs once they are on disk and published. */
  add(
    events: readonly StoredEvent[],
    newStream: { name: Buffer; number: number } | undefined,
    onDurable?: () => void,
  ): void {
    for (const event of events) this.filling.events.push(event);
    if (newStream) this.filling.newStreams.push(newStream);
    if (onDurable) this.filling.callbacks.push(onDurable);
    this.schedule();
  }

  /** Adds writes to the table of persistent subscriptions; resolves once they are on disk. */
  addGroupWrites(writes: readonly GroupWrite[]): Promise<void> {
    this.filling.groupWrites.push(...writes);
    this.schedule();
    return new Promise((resolve) => this.filling.callbacks.push(resolve));
  }

  /** Runs `callback` when everything added so far is on disk; at once if it is. */
  afterPending(callback: () => void): void {
    if (this.scheduled) this.filling.callbacks.push(callback);
    else if (this.inFlight) this.inFlight.callbacks.push(callback);
    else callback();
  }

  /** Events added and not yet on disk, in one or two batches, oldest first. */
  pending(): PendingEvents[] {
    return this.inFlight ? [this.inFlight.pending, this.filling.pending] : [this.filling.pending];
  }

  /** Resolves when nothing is waiting to be written. */
  drained(): Promise<void> {
    if (!this.inFlight && !this.scheduled) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    // What else arrives in this turn of the event loop shares the first batch.
    if (!this.inFlight) queueMicrotask(() => this.start());
  }

  private start(): void {
    if (this.failed) return;
    const batch = this.filling;
    this.filling = emptyBatch();
    this.scheduled = false;
    this.inFlight = batch;
    this.store.write(batch).then(
      () => this.finish(batch),
      (error: unknown) => {
        this.failed = true;
        this.onFailure(error);
      },
    );
  }

  private finish(batch: MutableBatch): void {
    this.inFlight = undefined;
    if (this.scheduled) this.start();
    this.tail.publish(batch.events);
    for (const callback of batch.callbacks) callback();
    if (!this.inFlight && !this.scheduled) {
      const waiting = this.idle;
      this.idle = [];
      for (const resolve of waiting) resolve();
    }
  }
}
