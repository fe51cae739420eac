import type { StoredEvent } from '../storage/record';
import type { LogStore } from '../storage/log-store';

const MAXIMUM_EVENTS = 8192;
const MAXIMUM_BYTES = 12 * 1024 * 1024;

/**
 * The published log: every event up to `lastSequence` is on disk. The newest stay in memory, so that subscriptions and
 * groups that keep up read them there, once written, and not from LMDB each for itself.
 */
export class Tail {
  private events: StoredEvent[] = [];
  private dropped = 0;
  private bytes = 0;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly store: LogStore,
    public lastSequence: number,
  ) {}

  /** Number of the oldest event held in memory. */
  get firstHeld(): number {
    return this.lastSequence - (this.events.length - this.dropped) + 1;
  }

  /** Adds events that are on disk, in order, and wakes the watchers. */
  publish(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      this.bytes += event.record.length;
    }
    this.lastSequence += events.length;
    while (this.events.length - this.dropped > MAXIMUM_EVENTS || this.bytes > MAXIMUM_BYTES) {
      this.bytes -= (this.events[this.dropped++] as StoredEvent).record.length;
    }
    // Cutting the front off costs as much as what is left: do it when half of the array is waste.
    if (this.dropped > this.events.length / 2) {
      this.events = this.events.slice(this.dropped);
      this.dropped = 0;
    }
    for (const wake of this.watchers) wake();
  }

  /** Up to `limit` events from number `from` on. Short only at the end of the log. */
  read(from: number, limit: number): StoredEvent[] {
    const to = Math.min(this.lastSequence, from + limit - 1);
    if (from > to) return [];
    const first = this.firstHeld;
    if (from < first) return this.store.events(from, to, limit);
    const at = this.dropped + (from - first);
    return this.events.slice(at, at + (to - from + 1));
  }

  /** One event by its number. */
  event(sequence: number): StoredEvent | undefined {
    if (sequence > this.lastSequence) return undefined;
    const first = this.firstHeld;
    return sequence < first ? this.store.event(sequence) : this.events[this.dropped + (sequence - first)];
  }

  /** Calls `wake` after each publication, until the returned function is called. */
  watch(wake: () => void): () => void {
    this.watchers.add(wake);
    return () => this.watchers.delete(wake);
  }
}
