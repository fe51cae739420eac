import type { StoredEvent } from '../storage/record';
import type { EventFilter } from './event-filter';
import type { StreamView } from './stream-view';
import type { Tail } from './tail';

/** Some events of a feed and how far it has come with them. */
export interface Advance {
  readonly events: readonly StoredEvent[];
  /** Events looked at, those a filter passed over included. 0: nothing is new. */
  readonly scanned: number;
}

/** A place in the log or in a stream that moves on only when it is asked to. */
export interface Cursor {
  /** Moves on, past at most `scan` events and `matches` events that match. */
  advance(scan: number, matches?: number): Advance;
  /** Place of the last event passed: its number in the log, or its revision in the stream; -1 before the first. */
  readonly place: number;
  /** True if what comes next is no longer in memory, so that the cursor has to catch up from disk. */
  readonly isBehind: boolean;
}

const NOT_CAUGHT_UP = -1;
const NOTHING: Advance = { events: [], scanned: 0 };
/** Goes through `$all`, filtered or not. */
export class AllCursor implements Cursor {
  /** What was read last, and how much of it was passed: a small step must not read a whole chunk anew. */
  private chunk: readonly StoredEvent[] = [];
  private taken = 0;

  constructor(
    private readonly tail: Tail,
    /** Number of the last event that was passed. */
    public passed: number,
    private readonly filter?: EventFilter,
  ) {}

  get place(): number {
    return this.passed;
  }

  get isBehind(): boolean {
    return this.passed + 1 < this.tail.firstHeld && this.passed < this.tail.lastSequence;
  }

  advance(scan: number, matches = scan): Advance {
    if (this.taken === this.chunk.length) {
      this.chunk = this.tail.read(this.passed + 1, scan);
      this.taken = 0;
    }
    const events: StoredEvent[] = [];
    const end = Math.min(this.chunk.length, this.taken + scan);
    const before = this.taken;
    while (this.taken < end && events.length < matches) {
      const event = this.chunk[this.taken++] as StoredEvent;
      if (!this.filter || this.filter(event)) events.push(event);
    }
    const scanned = this.taken - before;
    this.passed += scanned;
    return { events, scanned };
  }
}

/** Goes through one stream: by its index while it catches up, then by what is published. */
export class StreamCursor implements Cursor {
  private number = 0;
  private readonly nameBytes: Buffer;
  /** Every event of the stream up to this number in the log was seen; NOT_CAUGHT_UP before that is known of any. */
  private seen = NOT_CAUGHT_UP;

  constructor(
    private readonly view: StreamView,
    private readonly tail: Tail,
    private readonly stream: string,
    /** Revision to go on with. */
    public next: number,
  ) {
    this.nameBytes = Buffer.from(stream, 'utf8');
  }

  get place(): number {
    return this.next - 1;
  }

  get isBehind(): boolean {
    if (this.seen === NOT_CAUGHT_UP) return true;
    return this.seen + 1 < this.tail.firstHeld && this.seen < this.tail.lastSequence;
  }

  advance(scan: number, matches = scan): Advance {
    return this.isBehind ? this.catchUp(Math.min(scan, matches)) : this.follow(scan, matches);
  }

  private catchUp(limit: number): Advance {
    const published = this.tail.lastSequence;
    const { events, next } = this.view.read(this.stream, this.next, false, limit);
    const last = events[events.length - 1];
    if (next !== undefined) {
      this.next = next;
      return { events, scanned: Math.max(1, events.length) };
    }
    this.seen = published;
    if (last) this.next = last.revision + 1;
    return { events, scanned: events.length };
  }

  private follow(scan: number, matches: number): Advance {
    if (this.seen === this.tail.lastSequence) return NOTHING;
    if (this.number === 0) this.number = this.view.numberOf(this.nameBytes);
    const events: StoredEvent[] = [];
    let scanned = 0;
    for (const event of this.tail.read(this.seen + 1, scan)) {
      if (events.length === matches) break;
      scanned++;
      if (event.streamNumber !== this.number || event.revision < this.next) continue;
      events.push(event);
      this.next = event.revision + 1;
    }
    this.seen += scanned;
    return { events, scanned };
  }
}
