import { KEY_BYTES } from './subject-key';

interface Slot {
  readonly index: number;
  readonly subjectId: string;
  /** Customer and keyed hash; empty where the key was loaded by its subject alone. */
  reference: string;
  /** Monotonic milliseconds: when Postgres last said that the key stands. */
  loadedAtMs: number;
}

/**
 * The keys used last. They lie in one block of memory, so that a hundred thousand of them are a few megabytes and no load on
 * the garbage collector; what is let go of is overwritten. A key is fresh for `lifeMs`, then Postgres is asked again: a
 * destroyed one that nobody told this process of is used no longer than that.
 */
export class KeyCache {
  private readonly keys: Buffer;
  private readonly bySubject = new Map<string, Slot>();
  private readonly byReference = new Map<string, Slot>();
  private readonly free: number[] = [];
  private used = 0;

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
    this.touch(slot);
    return this.view(slot);
  }

  freshKey(subjectId: string): Buffer | null {
    const slot = this.bySubject.get(subjectId);
    if (slot === undefined || !this.isFresh(slot)) return null;
    this.touch(slot);
    return this.view(slot);
  }

  /** Of a fresh key only. */
  subjectOf(reference: string): string | null {
    const slot = this.byReference.get(reference);
    if (slot === undefined || !this.isFresh(slot)) return null;
    this.touch(slot);
    return slot.subjectId;
  }

  /** As Postgres has it now. */
  put(subjectId: string, reference: string, key: Uint8Array): void {
    const known = this.bySubject.get(subjectId);
    if (known !== undefined) {
      if (reference !== '') this.refer(known, reference);
      known.loadedAtMs = this.nowMs();
      this.touch(known);
      return;
    }
    const slot: Slot = { index: this.takeSlot(), subjectId, reference: '', loadedAtMs: this.nowMs() };
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

  private takeSlot(): number {
    const freed = this.free.pop();
    if (freed !== undefined) return freed;
    if (this.used < this.capacity) return this.used++;
    // A map keeps the order of insertion, and `touch` inserts anew: the first is the one not used for longest.
    for (const oldest of this.bySubject.values()) {
      this.release(oldest);
      return oldest.index;
    }
    throw new RangeError('a cache of keys without room for one');
  }

  private release(slot: Slot): void {
    this.bySubject.delete(slot.subjectId);
    // After an erasure the same number may already refer to its next subject.
    if (this.byReference.get(slot.reference) === slot) this.byReference.delete(slot.reference);
    this.view(slot).fill(0);
  }

  private touch(slot: Slot): void {
    this.bySubject.delete(slot.subjectId);
    this.bySubject.set(slot.subjectId, slot);
  }
}
