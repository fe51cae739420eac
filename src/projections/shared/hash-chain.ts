import { hash } from 'node:crypto';

/** The hash before the first link of a chain. */
export const GENESIS = '0'.repeat(64);

/** A link of a chain as it was found. */
export interface Link {
  readonly seq: bigint;
  /** As it stands beside the link, hex. */
  readonly hash: string;
  /** What it should be at this place, after that hash. */
  hashAfter(previous: string, seq: bigint): string;
}

/** The end of a chain as somebody has noted it. */
export interface ChainEnd {
  readonly seq: bigint;
  readonly hash: string;
}

const BEGINNING: ChainEnd = { seq: 0n, hash: GENESIS };

/** SHA-256, hex, of canonical JSON: members by name, no spaces. Values are texts or null, which have one spelling only. */
export function canonicalHash(members: Readonly<Record<string, string | null>>): string {
  return hash('sha256', canonicalJson(members), 'hex');
}

export function canonicalJson(members: Readonly<Record<string, string | null>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** What is wrong with a chain, and from where on nothing of it is proven. */
export interface ChainFault {
  /** The first place that does not fit, or where the trouble was noticed if `since` is earlier. */
  readonly seq: bigint;
  /** The bad link lies after this place: the last one that is proven. */
  readonly since: bigint;
  readonly detail: string;
}

/**
 * Follows a chain link by link from its beginning. Noted ends that lie on it must agree with it: they are what a chain is
 * held against when all its hashes were computed anew.
 */
export class ChainWalk {
  private place: bigint;
  private last: string;
  /** The last place that a noted end has confirmed: between it and the next one a forger may have recomputed all. */
  private confirmed: bigint;
  private readonly noted: ReadonlyMap<bigint, string>;

  /** @param from a place that is proven already; left out: the beginning. */
  constructor(noted: readonly ChainEnd[] = [], from: ChainEnd = BEGINNING) {
    this.place = from.seq;
    this.last = from.hash;
    this.confirmed = from.seq;
    this.noted = new Map(noted.map(({ seq, hash: at }) => [seq, at]));
  }

  /** Links followed so far. */
  get seq(): bigint {
    return this.place;
  }

  get hash(): string {
    return this.last;
  }

  /** Null: it fits. After a fault the walk is over. */
  follow(link: Link): ChainFault | null {
    const seq = this.place + 1n;
    if (link.seq !== seq) return this.fault(seq, `row ${seq} is missing: row ${link.seq} follows row ${this.place}`);
    const expected = link.hashAfter(this.last, seq);
    if (link.hash !== expected) return this.fault(seq, `row ${seq} does not have the hash of what it says`);
    const noted = this.noted.get(seq);
    if (noted !== undefined && noted !== expected) {
      const since = this.confirmed;
      const detail = `the signed head of row ${seq} has another hash: something after row ${since} was changed and all hashes after it computed anew`;
      return { seq, since, detail };
    }
    this.place = seq;
    this.last = expected;
    if (noted !== undefined) this.confirmed = seq;
    return null;
  }

  /** At the end of all links: null, or that noted ends lie beyond it. */
  finish(): ChainFault | null {
    let beyond: bigint | null = null;
    for (const seq of this.noted.keys()) if (seq > this.place && (beyond === null || seq < beyond)) beyond = seq;
    if (beyond === null) return null;
    return this.fault(this.place + 1n, `the log ends at row ${this.place}, and a signed head names row ${beyond}`);
  }

  private fault(seq: bigint, detail: string): ChainFault {
    return { seq, since: this.place, detail };
  }
}
