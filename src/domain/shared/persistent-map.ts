/**
 * A map that is never changed: `set` and `delete` give another map that shares almost all of its memory with this one
 * (a hash array mapped trie, 32 ways a level). A fold over a wallet with 100 000 open reservations copies a few small
 * arrays an event, where a copied `Map` would copy 100 000 entries.
 */
interface Leaf<V> {
  readonly kind: 'leaf';
  readonly hash: number;
  readonly key: string;
  readonly value: V;
}

/** Keys with one and the same 32-bit hash. */
interface Collision<V> {
  readonly kind: 'collision';
  readonly hash: number;
  readonly leaves: readonly Leaf<V>[];
}

/** Bit n of `bitmap` is set where the n-th of the 32 ways is taken; `children` holds only those. */
interface Branch<V> {
  readonly kind: 'branch';
  readonly bitmap: number;
  readonly children: readonly Node<V>[];
}

type Node<V> = Leaf<V> | Collision<V> | Branch<V>;

const BITS_PER_LEVEL = 5;
const WAY_MASK = 31;

export class PersistentMap<V> {
  private constructor(
    private readonly root: Node<V> | null,
    readonly size: number,
    private readonly hashOf: (key: string) => number,
  ) {}

  /** `hashOf` gives 32-bit integers; another than the default serves only to provoke collisions. */
  static empty<V>(hashOf: (key: string) => number = hashText): PersistentMap<V> {
    return new PersistentMap<V>(null, 0, hashOf);
  }

  static from<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: string): V | undefined {
    const hash = this.hashOf(key);
    let node = this.root;
    for (let shift = 0; node !== null; shift += BITS_PER_LEVEL) {
      if (node.kind === 'leaf') return node.key === key ? node.value : undefined;
      if (node.kind === 'collision') return node.leaves.find((leaf) => leaf.key === key)?.value;
      const bit: number = 1 << ((hash >>> shift) & WAY_MASK);
      if ((node.bitmap & bit) === 0) return undefined;
      node = node.children[countBits(node.bitmap & (bit - 1))] ?? null;
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    const leaf: Leaf<V> = { kind: 'leaf', hash: this.hashOf(key), key, value };
    if (this.root === null) return new PersistentMap(leaf, 1, this.hashOf);
    const size = this.has(key) ? this.size : this.size + 1;
    return new PersistentMap(insert(this.root, leaf, 0), size, this.hashOf);
  }

  delete(key: string): PersistentMap<V> {
    if (this.root === null || !this.has(key)) return this;
    return new PersistentMap(remove(this.root, key, this.hashOf(key), 0), this.size - 1, this.hashOf);
  }

  /** In no particular order. */
  *entries(): IterableIterator<[string, V]> {
    const open: Node<V>[] = this.root === null ? [] : [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.kind === 'leaf') yield [node.key, node.value];
      else if (node.kind === 'branch') open.push(...node.children);
      else open.push(...node.leaves);
    }
  }
}

function insert<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (node.kind === 'leaf') {
    if (node.key === leaf.key) return leaf;
    if (node.hash === leaf.hash) return { kind: 'collision', hash: leaf.hash, leaves: [node, leaf] };
    return pair(node, leaf, shift);
  }
  if (node.kind === 'collision') {
    if (node.hash !== leaf.hash) return pair(node, leaf, shift);
    return { ...node, leaves: [...node.leaves.filter((other) => other.key !== leaf.key), leaf] };
  }
  const bit = 1 << ((leaf.hash >>> shift) & WAY_MASK);
  const index = countBits(node.bitmap & (bit - 1));
  const child = (node.bitmap & bit) === 0 ? undefined : node.children[index];
  const children =
    child === undefined
      ? node.children.toSpliced(index, 0, leaf)
      : node.children.with(index, insert(child, leaf, shift + BITS_PER_LEVEL));
  return { kind: 'branch', bitmap: node.bitmap | bit, children };
}

/** The branch that holds two nodes of different hashes: as many levels as their hashes agree. */
function pair<V>(a: Leaf<V> | Collision<V>, b: Leaf<V>, shift: number): Branch<V> {
  const wayA = (a.hash >>> shift) & WAY_MASK;
  const wayB = (b.hash >>> shift) & WAY_MASK;
  if (wayA === wayB) return { kind: 'branch', bitmap: 1 << wayA, children: [pair(a, b, shift + BITS_PER_LEVEL)] };
  return { kind: 'branch', bitmap: (1 << wayA) | (1 << wayB), children: wayA < wayB ? [a, b] : [b, a] };
}

/** The node without a key that it holds; null where nothing is left. */
function remove<V>(node: Node<V>, key: string, hash: number, shift: number): Node<V> | null {
  if (node.kind === 'leaf') return null;
  if (node.kind === 'collision') {
    const leaves = node.leaves.filter((leaf) => leaf.key !== key);
    return leaves.length === 1 ? (leaves[0] ?? null) : { ...node, leaves };
  }
  const bit = 1 << ((hash >>> shift) & WAY_MASK);
  const index = countBits(node.bitmap & (bit - 1));
  const child = node.children[index];
  if (child === undefined) return node;
  const rest = remove(child, key, hash, shift + BITS_PER_LEVEL);
  const children = rest === null ? node.children.toSpliced(index, 1) : node.children.with(index, rest);
  const only = children.length === 1 ? children[0] : undefined;
  // A branch with a single leaf becomes that leaf, so that a map's shape follows from its entries alone.
  if (only !== undefined && only.kind !== 'branch') return only;
  if (children.length === 0) return null;
  return { kind: 'branch', bitmap: rest === null ? node.bitmap & ~bit : node.bitmap, children };
}

function countBits(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** FNV-1a with a final mix, since ids share their first characters and the low bits choose the way. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 0;
}
