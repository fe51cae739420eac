import { type LogStore, READ_BYTES } from '../storage/log-store';
import type { StoredEvent } from '../storage/record';
import { NO_REVISION, TOMBSTONE_REVISION } from '../storage/revision';
import { lastMetadataEvent } from '../streams/stream-heads';
import {
  type StreamMetadata,
  NO_METADATA,
  firstVisible,
  isMetadataStream,
  isSoftDeleted,
  parseMetadata,
} from '../streams/stream-metadata';
import { type ResolvedEvent, eventData } from '../wire/recorded-event';
import type { Tail } from './tail';

export type StreamState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'deleted' }
  /** `first`: lowest revision that may be shown; events written before `notBeforeMs` may not. */
  | {
      readonly kind: 'present';
      readonly number: number;
      readonly last: number;
      readonly first: number;
      readonly notBeforeMs: number;
    };

const MISSING: StreamState = { kind: 'missing' };
const DELETED: StreamState = { kind: 'deleted' };

/** Streams as readers see them: what is on disk, less what their metadata hides. */
export class StreamView {
  constructor(
    private readonly store: LogStore,
    private readonly tail: Tail,
  ) {}

  state(stream: string): StreamState {
    const number = this.store.streamNumber(Buffer.from(stream, 'utf8'));
    const last = number === 0 ? NO_REVISION : this.store.lastRevision(number);
    if (last === TOMBSTONE_REVISION) return DELETED;
    if (last === NO_REVISION) return MISSING;
    const metadata = isMetadataStream(stream) ? this.metadataOfMetadata() : this.metadata(stream);
    if (isSoftDeleted(metadata)) return MISSING;
    const notBeforeMs = metadata.maxAgeMs === undefined ? 0 : Date.now() - metadata.maxAgeMs;
    return { kind: 'present', number, last, first: firstVisible(metadata, last), notBeforeMs };
  }

  /** Number of the stream in the store, or 0. */
  numberOf(name: Buffer): number {
    return this.store.streamNumber(name);
  }

  /**
   * Visible events from revision `from`, one way or the other, at most `limit`. `next` is where to go on, undefined at
   * the end of the stream.
   */
  read(
    stream: string,
    from: number,
    backwards: boolean,
    limit: number,
  ): { events: StoredEvent[]; next: number | undefined } {
    const state = this.state(stream);
    if (state.kind !== 'present') return { events: [], next: undefined };
    return this.readPresent(state, from, backwards, limit);
  }

  /** The event with this number, if it is published. */
  event(sequence: number): StoredEvent | undefined {
    return this.tail.event(sequence);
  }

  /** Follows a link (`revision@stream`); an event that is no link stands for itself. */
  resolve(event: StoredEvent): ResolvedEvent {
    if (!event.isLink) return { event, link: undefined };
    const target = /^(\d+)@(.*)$/s.exec(eventData(event).toString('utf8'));
    return { event: target ? this.visible(target[2] as string, Number(target[1])) : undefined, link: event };
  }

  private visible(stream: string, revision: number): StoredEvent | undefined {
    const state = this.state(stream);
    if (state.kind !== 'present' || revision < state.first || revision > state.last) return undefined;
    const event = this.store.eventAt(state.number, revision);
    return event && event.sequence <= this.tail.lastSequence && event.createdMs >= state.notBeforeMs
      ? event
      : undefined;
  }

  private readPresent(
    state: Extract<StreamState, { kind: 'present' }>,
    from: number,
    backwards: boolean,
    limit: number,
  ): { events: StoredEvent[]; next: number | undefined } {
    const events: StoredEvent[] = [];
    const start = backwards ? Math.min(from, state.last) : Math.max(from, state.first);
    const found = this.store.sequences(state.number, start, backwards, limit);
    let bytes = 0;
    for (const { revision, sequence } of found) {
      if (backwards && revision < state.first) return { events, next: undefined };
      const event = this.tail.event(sequence);
      // The disk is ahead of what is published for a moment after each write; those come next.
      if (!event) {
        if (backwards) continue;
        return { events, next: undefined };
      }
      if (event.createdMs >= state.notBeforeMs) events.push(event);
      bytes += event.record.length;
      const next = backwards ? revision - 1 : revision + 1;
      if (next < 0) return { events, next: undefined };
      if (bytes > READ_BYTES) return { events, next };
    }
    const lastFound = found[found.length - 1];
    if (found.length < limit || !lastFound) return { events, next: undefined };
    return { events, next: backwards ? lastFound.revision - 1 : lastFound.revision + 1 };
  }

  private metadata(stream: string): StreamMetadata {
    const event = lastMetadataEvent(this.store, stream);
    return event ? parseMetadata(eventData(event)) : NO_METADATA;
  }

  /** A metadata stream keeps its last event only, as in EventStoreDB. */
  private metadataOfMetadata(): StreamMetadata {
    return { maxCount: 1 };
  }
}
