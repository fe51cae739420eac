import {
  AppendTooLarge,
  WrongExpectedRevision,
  type AppendOptions,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type RecordedEvent,
} from '../../application/ports/event-store';
import type { Metrics } from '../../application/ports/metrics';
import type { FeedItem, StreamItems } from '../../application/ports/subscriptions';
import type { DomainEvent } from '../../domain/shared/event';
import { Appender } from './append/appender';
import type { ConnectionSource } from './connection/connection-source';
import type { LogIntegrity } from './integrity/log-integrity';
import { StreamReader } from './reads/stream-reader';
import type { EventCodec } from './registry/event-codec';

const DEFAULT_DEADLINE_MS = 2_000;
/** What the store takes in one append; beyond it there is no use in asking. */
const MOST_APPEND_BYTES = 1_048_576;

/** An event of a stream that is to be decided on cannot be read: deciding without it could be wrong, so nothing is decided. */
export class UndecodableStream extends Error {
  constructor(stream: string, revision: bigint, problem: string) {
    super(`${stream}@${revision} cannot be read: ${problem}`);
    this.name = 'UndecodableStream';
  }
}

/** The one event store, over the connection that `connections` keeps. */
export class EventStoreAdapter implements EventStore, StreamItems {
  private readonly reader: StreamReader;

  constructor(
    private readonly connections: ConnectionSource,
    private readonly codec: EventCodec,
    private readonly metrics: Metrics,
    private readonly integrity: Pick<LogIntegrity, 'assertWritable'>,
    private readonly appender = new Appender(connections),
  ) {
    this.reader = new StreamReader(connections);
  }

  async append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    options: AppendOptions = {},
  ): Promise<bigint> {
    this.integrity.assertWritable();
    // The server answers an empty name or an empty append twice or never; neither may reach it.
    if (stream === '') throw new RangeError('a stream needs a name');
    if (events.length === 0) throw new RangeError(`nothing to append to ${stream}`);
    const encoded = events.map((event) => this.codec.encode(event));
    let size = 0;
    for (const event of encoded) size += event.data.length + event.metadata.length;
    if (size > MOST_APPEND_BYTES) throw new AppendTooLarge(stream);

    const startedAtMs = performance.now();
    const observe = (outcome: 'ok' | 'conflict' | 'unavailable'): void =>
      this.metrics.appendObserved(performance.now() - startedAtMs, outcome);
    try {
      const content = { stream, expected, events: encoded };
      const revision = await this.appender.append(content, options.deadlineMs ?? DEFAULT_DEADLINE_MS);
      observe('ok');
      return revision;
    } catch (error) {
      observe(error instanceof WrongExpectedRevision ? 'conflict' : 'unavailable');
      throw error;
    }
  }

  /** @throws UndecodableStream too, where an event cannot be read. */
  async readStream<E extends DomainEvent>(
    stream: string,
    from = 0n,
    maxCount = Number.MAX_SAFE_INTEGER,
  ): Promise<RecordedEvent<E>[]> {
    const stored = await this.reader.read(stream, from, maxCount);
    return stored.map((event) => {
      const decoded = this.codec.decode(event);
      if (decoded.kind === 'event') return decoded.event as RecordedEvent<E>;
      throw new UndecodableStream(stream, event.revision, `${decoded.event.problem}, ${decoded.event.detail}`);
    });
  }

  async readItems(stream: string, from: bigint, maxCount: number): Promise<FeedItem[]> {
    const stored = await this.reader.read(stream, from, maxCount);
    return stored.map((event) => ({
      ...this.codec.decode(event),
      raw: { data: event.data, metadata: event.metadata },
    }));
  }

  /** The same, written to whatever is known of the log: for who accepts one that has lost something. Closes with this one. */
  unchecked(): EventStore {
    const { connections, codec, metrics, appender } = this;
    return new EventStoreAdapter(connections, codec, metrics, { assertWritable: () => undefined }, appender);
  }

  close(): void {
    // In this order: an append call that ends while the connection is still wanted asks for a fresh one.
    this.connections.close();
    this.appender.close();
  }
}
