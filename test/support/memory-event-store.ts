import type { DomainEvent } from '../../src/domain/shared/event';
import {
  StoreUnavailable,
  WrongExpectedRevision,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type RecordedEvent,
} from '../../src/application/ports/event-store';

/** What becomes of the next appends; reads fail in `none` and `unknown_lost`. */
export type Fault = 'fine' | 'none' | 'unknown_written' | 'unknown_lost' | 'hangs';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The port's contract in memory, for unit tests: exact revisions, idempotent retry, outages. The real ones have contract tests. */
export class MemoryEventStore implements EventStore {
  latencyMs = 0;
  /** Runs once, before the next append is looked at: somebody else's write in between. */
  beforeNextAppend: (() => Promise<void>) | null = null;
  readonly appends: { stream: string; events: number }[] = [];
  readonly reads: { stream: string; from: bigint; at: number }[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private position = 0n;
  private current: Fault = 'fine';
  private readonly held: (() => void)[] = [];

  get fault(): Fault {
    return this.current;
  }

  /** What hangs goes on when this is something else. */
  set fault(fault: Fault) {
    this.current = fault;
    if (fault !== 'hangs') for (const goOn of this.held.splice(0)) goOn();
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<bigint> {
    const hook = this.beforeNextAppend;
    this.beforeNextAppend = null;
    await hook?.();
    if (this.latencyMs > 0) await wait(this.latencyMs);
    await this.whileHanging();
    if (this.fault === 'none') throw new StoreUnavailable('none', 'no connection');
    if (this.fault === 'unknown_lost') throw new StoreUnavailable('unknown', 'deadline');
    const last = this.write(stream, expected, events);
    if (this.fault === 'unknown_written') throw new StoreUnavailable('unknown', 'deadline');
    return last;
  }

  async readStream<E extends DomainEvent>(stream: string, from = 0n, maxCount = Infinity): Promise<RecordedEvent<E>[]> {
    this.reads.push({ stream, from, at: performance.now() });
    const start = Number(from);
    if (this.latencyMs > 0) await wait(this.latencyMs);
    await this.whileHanging();
    if (this.fault === 'none' || this.fault === 'unknown_lost') throw new StoreUnavailable('none', 'no connection');
    return (this.events(stream) as RecordedEvent<E>[]).slice(start, start + maxCount);
  }

  events(stream: string): readonly RecordedEvent[] {
    return this.streams.get(stream) ?? [];
  }

  /** As after a restore from a copy: only the first so many are left. */
  truncate(stream: string, length: number): void {
    this.streams.set(stream, [...this.events(stream)].slice(0, length));
  }

  private write(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): bigint {
    const stored = this.streams.get(stream) ?? [];
    const start = expected === 'no_stream' ? 0 : Number(expected) + 1;
    const isRepeat = events.length > 0 && events.every((event, i) => stored[start + i]?.id === event.id);
    if (isRepeat) return BigInt(start + events.length - 1);
    if (start !== stored.length) {
      throw new WrongExpectedRevision(stream, expected, stored.length === 0 ? 'no_stream' : BigInt(stored.length - 1));
    }
    this.appends.push({ stream, events: events.length });
    const recorded = events.map(({ id, event, metadata }, i) => {
      this.position += 1n;
      const position = { commit: this.position, prepare: this.position };
      const revision = BigInt(start + i);
      const { type, data } = event;
      return { id, stream, revision, type, data, metadata: { ...metadata, schema: 1 }, position, created: metadata.at };
    });
    this.streams.set(stream, [...stored, ...recorded]);
    return BigInt(start + events.length - 1);
  }

  /** Without a timer, so that a test that fails meanwhile does not keep its process alive. */
  private async whileHanging(): Promise<void> {
    while (this.fault === 'hangs') await new Promise<void>((resolve) => this.held.push(resolve));
  }
}
