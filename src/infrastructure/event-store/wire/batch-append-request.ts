import type { ExpectedRevision } from '../../../application/ports/event-store';
import { ProtobufWriter, fieldSize, varintSize } from './protobuf-writer';

/** An event as it goes on the wire. `id`: a UUID as text; `data` and `metadata`: JSON. */
export interface EncodedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** What one append says, whatever the attempt. */
export interface AppendContent {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

const UUID_LENGTH = 36;
const UUID_MESSAGE_SIZE = fieldSize(UUID_LENGTH);
const TYPE_KEY = 'type';
const CONTENT_TYPE_KEY = 'content-type';
const JSON_CONTENT_TYPE = 'application/json';
const CONTENT_TYPE_ENTRY_SIZE = fieldSize(CONTENT_TYPE_KEY.length) + fieldSize(JSON_CONTENT_TYPE.length);

const uint64Size = (value: bigint): number => {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return varintSize(Number(value));
  let size = 1;
  for (let rest = value; rest >= 0x80n; rest >>= 7n) size++;
  return size;
};

/**
 * One whole `BatchAppendReq` (streams.proto), written by hand: several times cheaper than the generated classes, and appends
 * are the hot path. `deadlineEpochMs`: when the server may give up, on its clock. A correlation id is 36 characters.
 */
export function encodeBatchAppend(correlationId: string, deadlineEpochMs: number, content: AppendContent): Buffer {
  const streamSize = Buffer.byteLength(content.stream);
  const seconds = Math.floor(deadlineEpochMs / 1_000);
  const nanos = Math.round(deadlineEpochMs - seconds * 1_000) * 1_000_000;
  const timestampSize = 1 + varintSize(seconds) + (nanos === 0 ? 0 : 1 + varintSize(nanos));
  const expectedSize = content.expected === 'no_stream' ? 2 : 1 + uint64Size(content.expected);
  const optionsSize = fieldSize(fieldSize(streamSize)) + expectedSize + fieldSize(timestampSize);

  const sizes = content.events.map(eventSizes);
  let total = fieldSize(UUID_MESSAGE_SIZE) + fieldSize(optionsSize) + 2;
  for (const size of sizes) total += fieldSize(size.message);

  const writer = new ProtobufWriter(Buffer.allocUnsafe(total));
  writer.open(0x0a, UUID_MESSAGE_SIZE);
  writer.text(0x12, correlationId, UUID_LENGTH);

  writer.open(0x12, optionsSize);
  writer.open(0x0a, fieldSize(streamSize));
  writer.text(0x1a, content.stream, streamSize);
  if (content.expected === 'no_stream') {
    writer.open(0x1a, 0);
  } else {
    writer.byte(0x10);
    writer.varint64(content.expected);
  }
  writer.open(0x32, timestampSize);
  writer.byte(0x08);
  writer.varint(seconds);
  if (nanos !== 0) {
    writer.byte(0x10);
    writer.varint(nanos);
  }

  content.events.forEach((event, index) => {
    const size = sizes[index];
    if (size !== undefined) writeEvent(writer, event, size);
  });
  writer.byte(0x20);
  writer.byte(1);
  if (writer.written !== total) throw new Error('an append was measured wrongly');
  return writer.bytes;
}

interface EventSizes {
  readonly message: number;
  readonly type: number;
  readonly typeEntry: number;
  readonly data: number;
  readonly metadata: number;
}

function eventSizes(event: EncodedEvent): EventSizes {
  const type = Buffer.byteLength(event.type);
  const data = Buffer.byteLength(event.data);
  const metadata = Buffer.byteLength(event.metadata);
  const typeEntry = fieldSize(TYPE_KEY.length) + fieldSize(type);
  const message =
    fieldSize(UUID_MESSAGE_SIZE) +
    fieldSize(typeEntry) +
    fieldSize(CONTENT_TYPE_ENTRY_SIZE) +
    fieldSize(metadata) +
    fieldSize(data);
  return { message, type, typeEntry, data, metadata };
}

function writeEvent(writer: ProtobufWriter, event: EncodedEvent, size: EventSizes): void {
  writer.open(0x1a, size.message);
  writer.open(0x0a, UUID_MESSAGE_SIZE);
  writer.text(0x12, event.id, UUID_LENGTH);
  writer.open(0x12, CONTENT_TYPE_ENTRY_SIZE);
  writer.text(0x0a, CONTENT_TYPE_KEY, CONTENT_TYPE_KEY.length);
  writer.text(0x12, JSON_CONTENT_TYPE, JSON_CONTENT_TYPE.length);
  writer.open(0x12, size.typeEntry);
  writer.text(0x0a, TYPE_KEY, TYPE_KEY.length);
  writer.text(0x12, event.type, size.type);
  writer.text(0x1a, event.metadata, size.metadata);
  writer.text(0x22, event.data, size.data);
}
