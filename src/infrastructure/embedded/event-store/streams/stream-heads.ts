import type { LogStore } from '../storage/log-store';
import type { StoredEvent } from '../storage/record';
import { NO_REVISION, TOMBSTONE_REVISION } from '../storage/revision';
import { eventData } from '../wire/recorded-event';
import {
  type StreamMetadata,
  NO_METADATA,
  describedStream,
  isMetadataStream,
  metadataStreamOf,
  parseMetadata,
} from './stream-metadata';

/** What the writer knows of a stream, writes under way included. */
export interface StreamHead {
  readonly name: string;
  readonly nameBytes: Buffer;
  /** 0 until the first event is written. */
  number: number;
  last: number;
  metadata: StreamMetadata;
  /** Data of the last metadata event, if there is one. */
  metadataData: Buffer | undefined;
  /** Number of the newest event that changed this head: the head is needed until that one is on disk. */
  changedBy: number;
}

const GENERATION_SIZE = 10_000;

/**
 * The heads of the streams written last. Two generations make a cheap least-recently-used cache; a head with writes
 * under way is never dropped, since the disk does not know them yet.
 */
export class StreamHeads {
  private young = new Map<string, StreamHead>();
  private old = new Map<string, StreamHead>();
  private nextNumber: number;

  constructor(
    private readonly store: LogStore,
    private readonly durableSequence: () => number,
  ) {
    this.nextNumber = store.lastStreamNumber() + 1;
  }

  get(name: string): StreamHead {
    let head = this.young.get(name);
    if (head) return head;
    head = this.old.get(name) ?? this.load(name);
    if (this.young.size >= GENERATION_SIZE) this.turn();
    this.young.set(name, head);
    return head;
  }

  /** Gives a stream its number; called when its first event is written. */
  assignNumber(head: StreamHead): number {
    head.number = this.nextNumber++;
    return head.number;
  }

  /** Takes note of a new metadata event of the stream that `metadataStream` describes. */
  metadataWritten(metadataStream: string, data: Buffer, sequence: number): void {
    const head = this.get(describedStream(metadataStream));
    head.metadata = parseMetadata(data);
    head.metadataData = data;
    head.changedBy = sequence;
  }

  private turn(): void {
    const durable = this.durableSequence();
    const kept = this.young;
    for (const [name, head] of this.old) if (head.changedBy > durable && !kept.has(name)) kept.set(name, head);
    this.old = kept;
    this.young = new Map();
  }

  private load(name: string): StreamHead {
    const nameBytes = Buffer.from(name, 'utf8');
    const number = this.store.streamNumber(nameBytes);
    const last = number === 0 ? NO_REVISION : this.store.lastRevision(number);
    const data = isMetadataStream(name) ? undefined : this.storedMetadata(name);
    const metadata = data ? parseMetadata(data) : NO_METADATA;
    return { name, nameBytes, number, last, metadata, metadataData: data, changedBy: 0 };
  }

  private storedMetadata(name: string): Buffer | undefined {
    const event = lastMetadataEvent(this.store, name);
    return event && eventData(event);
  }
}

/** The last metadata event of a stream that is on disk. */
export function lastMetadataEvent(store: LogStore, stream: string): StoredEvent | undefined {
  const number = store.streamNumber(Buffer.from(metadataStreamOf(stream), 'utf8'));
  if (number === 0) return undefined;
  const last = store.lastRevision(number);
  return last === NO_REVISION || last === TOMBSTONE_REVISION ? undefined : store.eventAt(number, last);
}
