import type { StoredEvent } from '../storage/record';

/**
 * The events of a batch that is not on disk yet. Most appends never ask what is in it, so they pay for no index: it is
 * made when someone asks, as far as the batch has come by then.
 */
export class PendingEvents {
  readonly all: StoredEvent[] = [];
  private readonly byRevision = new Map<string, StoredEvent>();
  private indexed = 0;

  at(streamNumber: number, revision: number): StoredEvent | undefined {
    this.index();
    return this.byRevision.get(`${streamNumber} ${revision}`);
  }

  private index(): void {
    for (; this.indexed < this.all.length; this.indexed++) {
      const event = this.all[this.indexed] as StoredEvent;
      this.byRevision.set(`${event.streamNumber} ${event.revision}`, event);
    }
  }
}
