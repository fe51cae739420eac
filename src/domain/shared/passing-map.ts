/** Insertions after which the table is made anew: so many, and as many again for each entry that stands at that time. */
const INSERTIONS = 32;
const INSERTIONS_AN_ENTRY = 4;

/**
 * A map of what soon goes again: requests under way, answers awaited. In a `Map` whose entries come and go, V8 makes a new
 * table every few insertions, and the old one points to the new. Once such a table is among the old objects, dead or not, the
 * young collector takes all that come after it for alive, with every entry that stood in them at their end: whole requests
 * grow old, and the great collector comes twenty times as often (`docs/decisions/0009-what-passes-is-kept-apart.md`). A map
 * that is now and then begun anew has no such chain.
 */
export class PassingMap<K, V> {
  private map = new Map<K, V>();
  private insertions = 0;

  get size(): number {
    return this.map.size;
  }

  get(key: K): V | undefined {
    return this.map.get(key);
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  set(key: K, value: V): void {
    this.insertions += 1;
    if (this.insertions > INSERTIONS + INSERTIONS_AN_ENTRY * this.map.size) {
      this.map = new Map(this.map);
      this.insertions = 0;
    }
    this.map.set(key, value);
  }

  /** @returns whether it was there. */
  delete(key: K): boolean {
    return this.map.delete(key);
  }

  clear(): void {
    this.map = new Map();
    this.insertions = 0;
  }

  /** In the order of their insertion; what is set meanwhile may be left out. */
  keys(): IterableIterator<K> {
    return this.map.keys();
  }

  values(): IterableIterator<V> {
    return this.map.values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.map[Symbol.iterator]();
  }
}
