import { KEY_BYTES } from './subject-key';

interface Slot {
  readonly index: number;
  readonly subjectId: string;
  /** Customer and keyed hash; empty where the key was loaded by its subject alone. */
  reference: string;
}

/**
 * The keys used last. They lie in one block of memory, so that a hundred thousand of them are a few megabytes and no load on
 * the garbage collector; what is evicted is overwritten.
 */
export class KeyCache {
  private readonly keys: Buffer;
  private readonly bySubject = new Map<string, Slot>();
  private readonly byReference = new Map<string, Slot>();
  private used = 0;

  constructor(private readonly capacity: number) {
    this.keys = Buffer.alloc(capacity * KEY_BYTES);
  }

  get size(): number {
    return this.bySubject.size;
  }

  /** A view that holds until the key is evicted: use it at once. */
  key(subjectId: string): Buffer | null {
    const slot = this.bySubject.get(subjectId);
    if (slot === undefined) return null;
    this.touch(slot);
    return this.keys.subarray(slot.index * KEY_BYTES, (slot.index + 1) * KEY_BYTES);
  }

  subjectOf(reference: string): string | null {
    const slot = this.byReference.get(reference);
    if (slot === undefined) return null;
    this.touch(slot);
    return slot.subjectId;
  }

  put(subjectId: string, reference: string, key: Uint8Array): void {
    const known = this.bySubject.get(subjectId);
    if (known !== undefined) {
      if (known.reference === '' && reference !== '') {
        known.reference = reference;
        this.byReference.set(reference, known);
      }
      this.touch(known);
      return;
    }
    const slot: Slot = { index: this.takeSlot(), subjectId, reference };
    this.keys.set(key, slot.index * KEY_BYTES);
    this.bySubject.set(subjectId, slot);
    if (reference !== '') this.byReference.set(reference, slot);
  }

  private takeSlot(): number {
    if (this.used < this.capacity) return this.used++;
    // A map keeps the order of insertion, and `touch` inserts anew: the first is the one not used for longest.
    for (const oldest of this.bySubject.values()) {
      this.remove(oldest);
      return oldest.index;
    }
    throw new RangeError('a cache of keys without room for one');
  }

  private remove(slot: Slot): void {
    this.bySubject.delete(slot.subjectId);
    if (slot.reference !== '') this.byReference.delete(slot.reference);
    this.keys.fill(0, slot.index * KEY_BYTES, (slot.index + 1) * KEY_BYTES);
  }

  private touch(slot: Slot): void {
    this.bySubject.delete(slot.subjectId);
    this.bySubject.set(slot.subjectId, slot);
  }
}
