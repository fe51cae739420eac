import { KEY_BYTES } from './subject-key';

interface Slot {
  readonly index: number;
  readonly subjectId: string;
  /** Since the hand passed it last. */
  wasUsed: boolean;
  /** Customer and keyed hash; empty where the key was loaded by its subject alone. */
  reference: string;
  /** Monotonic milliseconds: when Postgres last said that the key stands. */
  loadedAtMs: number;
}

/**
 * Keys that are in use. They lie in one block of memory, so that a hundred thousand of them are a few megabytes and no load on
 * the garbage collector; what is let go of is overwritten. Where there is no room for another, a hand goes round the places
 * and takes the first whose key was not used since it came by last: a use costs no more than a mark. A key is fresh for
 * `lifeMs`, then Postgres is asked again: a destroyed one that nobody told this process of is used no longer than that.
 */
export class KeyCache {
  private readonly keys: Buffer;
  private readonly bySubject = new Map<string, Slot>();
  private readonly byReference = new Map<string, Slot>();
  /** By place; null where it is free. */
  private readonly slots: (Slot | null)[] = [];
  private readonly free: number[] = [];
  private used = 0;
  private hand = 0;

  constructor(
    private readonly capacity: number,
    private readonly lifeMs = Number.POSITIVE_INFINITY,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.keys = Buffer.alloc(capacity * KEY_BYTES);
  }

  get size(): number {
    return this.bySubject.size;
  }

  /** A view that holds until the key is let go of: use it at once. Fresh or not. */
  key(subjectId: string): Buffer | null {
    const slot = this.bySubject.get(subjectId);
    if (slot === undefined) return null;
    slot.wasUsed = true;
    return this.view(slot);
  }

  freshKey(subjectId: string): Buffer | null {
    const slot = this.bySubject.get(subjectId);
    if (slot === undefined || !this.isFresh(slot)) return null;
    slot.wasUsed = true;
    return this.view(slot);
  }

  /** Of a fresh key only. */
  subjectOf(reference: string): string | null {
    const slot = this.byReference.get(reference);
    if (slot === undefined || !this.isFresh(slot)) return null;
    slot.wasUsed = true;
    return slot.subjectId;
  }

  /** As Postgres has it now. */
  put(subjectId: string, reference: string, key: Uint8Array): void {
    const known = this.bySubject.get(subjectId);
    if (known !== undefined) {
      if (reference !== '') this.refer(known, reference);
      known.loadedAtMs = this.nowMs();
      known.wasUsed = true;
      return;
    }
    const index = this.takePlace();
    const slot: Slot = { index, subjectId, wasUsed: false, reference: '', loadedAtMs: this.nowMs() };
    this.slots[index] = slot;
    this.keys.set(key, slot.index * KEY_BYTES);
    this.bySubject.set(subjectId, slot);
    if (reference !== '') this.refer(slot, reference);
  }

  remove(subjectId: string): void {
    const slot = this.bySubject.get(subjectId);
    if (slot === undefined) return;
    this.release(slot);
    this.free.push(slot.index);
  }

  private refer(slot: Slot, reference: string): void {
    slot.reference = reference;
    this.byReference.set(reference, slot);
  }

  private isFresh({ loadedAtMs }: Slot): boolean {
    return this.nowMs() - loadedAtMs < this.lifeMs;
  }

  private view({ index }: Slot): Buffer {
    return this.keys.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES);
  }

  private takePlace(): number {
    const freed = this.free.pop();
    if (freed !== undefined) return freed;
    if (this.used < this.capacity) return this.used++;
    // No place is free, so each has a slot; after one round all marks are gone.
    for (;;) {
      const slot = this.slots[this.hand] ?? null;
      this.hand = (this.hand + 1) % this.capacity;
      if (slot === null) throw new RangeError('a cache of keys without room for one');
      if (!slot.wasUsed) {
        this.release(slot);
        return slot.index;
      }
      slot.wasUsed = false;
    }
  }

  private release(slot: Slot): void {
    this.bySubject.delete(slot.subjectId);
    // After an erasure the same number may already refer to its next subject.
    if (this.byReference.get(slot.reference) === slot) this.byReference.delete(slot.reference);
    this.view(slot).fill(0);
    this.slots[slot.index] = null;
  }
}
