import type { StoredEvent } from '../storage/record';

/** Events whose ids are known. EventStoreDB knows about a hundred thousand, and forgets older ones as well. */
const CAPACITY = 32_768;

/**
 * At which revision the newest events stand, by stream and id: what `any` needs to recognise an append that comes again.
 * It is kept in memory only, since ids are scattered: an index of them on disk dirties a page for each event, which made
 * an append of fifty to one long stream write more pages of ids than of events. An exact revision needs no ids.
 */
export class RecentIds {
  private young = new Map<string, number>();
  private old = new Map<string, number>();

  /** Fills it with the newest events of a log. */
  constructor(lastSequence: number, read: (sequence: number) => StoredEvent | undefined) {
    for (let sequence = Math.max(1, lastSequence - CAPACITY / 2); sequence <= lastSequence; sequence++) {
      const event = read(sequence);
      if (event) this.add(event);
    }
  }

  add({ streamNumber, id, revision }: StoredEvent): void {
    if (this.young.size >= CAPACITY) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(`${streamNumber} ${id}`, revision);
  }

  revisionOf(streamNumber: number, id: string): number | undefined {
    const key = `${streamNumber} ${id}`;
    return this.young.get(key) ?? this.old.get(key);
  }
}
