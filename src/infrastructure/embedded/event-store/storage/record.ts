import { crc32 } from 'node:zlib';
import { bytesFieldSize, varintSize, writeBytesField, writeVarint } from '../wire/protobuf-writer';
import { TOMBSTONE_REVISION, positionOf } from './revision';

/**
 * A record, as it lies in the log:
 *   0  crc32 of everything behind it
 *   4  version of this layout (1)
 *   5  flags
 *   6  number of its stream (6 bytes)
 *  12  revision (float64)
 *  20  time of writing, ms since 1970 (float64)
 *  28  where the type begins in the record (4), its length (4)
 *  36  the event as protobuf `RecordedEvent`, its id first, as a string
 * The event is kept as it goes out on the wire, so that a read copies bytes and decodes nothing.
 */
const HEADER_BYTES = 36;
const LAYOUT_VERSION = 1;
const FLAG_LINK = 1;
/** Tag and length of the id field, tag and length of its string. */
const ID_TEXT_OFFSET = HEADER_BYTES + 4;
const ID_TEXT_BYTES = 36;
/** Bytes of the `id` field at the front of the protobuf part. */
export const ID_FIELD_BYTES = 40;
/** Behind the id: tag and length of the stream identifier, tag and length of the name. */
const STREAM_FIELD_OFFSET = HEADER_BYTES + ID_FIELD_BYTES;

const KEY_TYPE = Buffer.from('\x0a\x04type');
const KEY_CREATED = Buffer.from('\x0a\x07created');
const KEY_CONTENT_TYPE = Buffer.from('\x0a\x0ccontent-type');
const JSON_TYPE = Buffer.from('application/json');
const BINARY_TYPE = Buffer.from('application/octet-stream');
const TOMBSTONE_VARINT = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

/** An event a client proposes. Buffers may be views of the request: they are copied when the record is made. */
export interface ProposedEvent {
  /** UUID, 36 lower-case characters. */
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export interface RecordPlace {
  readonly sequence: number;
  readonly stream: Buffer;
  readonly streamNumber: number;
  readonly revision: number;
  readonly createdMs: number;
}

/** One stored event: its record's bytes, and its number in the log (1 is the first). */
export class StoredEvent {
  constructor(
    readonly sequence: number,
    readonly record: Buffer,
  ) {}

  get isLink(): boolean {
    return ((this.record[5] as number) & FLAG_LINK) !== 0;
  }
  get streamNumber(): number {
    return this.record.readUIntBE(6, 6);
  }
  get revision(): number {
    return this.record.readDoubleBE(12);
  }
  get createdMs(): number {
    return this.record.readDoubleBE(20);
  }
  get id(): string {
    return this.record.toString('latin1', ID_TEXT_OFFSET, ID_TEXT_OFFSET + ID_TEXT_BYTES);
  }
  get typeBytes(): Buffer {
    const from = this.record.readUInt32BE(28);
    return this.record.subarray(from, from + this.record.readUInt32BE(32));
  }
  get type(): string {
    const from = this.record.readUInt32BE(28);
    return this.record.toString('utf8', from, from + this.record.readUInt32BE(32));
  }
  get streamBytes(): Buffer {
    const [from, to] = this.streamSpan();
    return this.record.subarray(from, to);
  }
  get stream(): string {
    const [from, to] = this.streamSpan();
    return this.record.toString('utf8', from, to);
  }
  /** The protobuf `RecordedEvent`. */
  get recorded(): Buffer {
    return this.record.subarray(HEADER_BYTES);
  }
  get isIntact(): boolean {
    return (
      this.record.length > STREAM_FIELD_OFFSET &&
      this.record[4] === LAYOUT_VERSION &&
      crc32(this.record.subarray(4)) === this.record.readUInt32BE(0)
    );
  }

  private streamSpan(): [number, number] {
    let at = STREAM_FIELD_OFFSET + 1;
    while ((this.record[at++] as number) >= 0x80);
    at++;
    let length = 0;
    let factor = 1;
    let byte: number;
    do {
      byte = this.record[at++] as number;
      length += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 0x80);
    return [at, at + length];
  }
}

/** Lays out the record of an event. */
export function makeRecord(place: RecordPlace, event: ProposedEvent): StoredEvent {
  const position = positionOf(place.sequence);
  const type = Buffer.from(event.type, 'utf8');
  const created = Buffer.from(String(Math.round(place.createdMs) * 10_000), 'latin1');
  const contentType = event.isJson ? JSON_TYPE : BINARY_TYPE;
  const streamField = bytesFieldSize(place.stream.length);
  const isTombstone = place.revision === TOMBSTONE_REVISION;
  const typeEntry = KEY_TYPE.length + bytesFieldSize(type.length);
  const createdEntry = KEY_CREATED.length + bytesFieldSize(created.length);
  const contentTypeEntry = KEY_CONTENT_TYPE.length + bytesFieldSize(contentType.length);
  const size =
    HEADER_BYTES +
    ID_FIELD_BYTES +
    bytesFieldSize(streamField) +
    1 +
    (isTombstone ? TOMBSTONE_VARINT.length : varintSize(place.revision)) +
    2 * (1 + varintSize(position)) +
    bytesFieldSize(typeEntry) +
    bytesFieldSize(createdEntry) +
    bytesFieldSize(contentTypeEntry) +
    (event.metadata.length > 0 ? bytesFieldSize(event.metadata.length) : 0) +
    (event.data.length > 0 ? bytesFieldSize(event.data.length) : 0);
  const record = Buffer.allocUnsafe(size);
  record[4] = LAYOUT_VERSION;
  record[5] = event.type === '$>' ? FLAG_LINK : 0;
  record.writeUIntBE(place.streamNumber, 6, 6);
  record.writeDoubleBE(place.revision, 12);
  record.writeDoubleBE(place.createdMs, 20);

  let at = HEADER_BYTES;
  record[at++] = 0x0a;
  record[at++] = ID_TEXT_BYTES + 2;
  record[at++] = 0x12;
  record[at++] = ID_TEXT_BYTES;
  at += record.write(event.id, at, ID_TEXT_BYTES, 'latin1');
  record[at++] = 0x12;
  at = writeVarint(record, streamField, at);
  at = writeBytesField(record, 3, place.stream, at);
  record[at++] = 0x18;
  if (isTombstone) at += TOMBSTONE_VARINT.copy(record, at);
  else at = writeVarint(record, place.revision, at);
  record[at++] = 0x20;
  at = writeVarint(record, position, at);
  record[at++] = 0x28;
  at = writeVarint(record, position, at);
  at = writeMapEntry(record, typeEntry, KEY_TYPE, type, at);
  record.writeUInt32BE(at - type.length, 28);
  record.writeUInt32BE(type.length, 32);
  at = writeMapEntry(record, createdEntry, KEY_CREATED, created, at);
  at = writeMapEntry(record, contentTypeEntry, KEY_CONTENT_TYPE, contentType, at);
  if (event.metadata.length > 0) at = writeBytesField(record, 7, event.metadata, at);
  if (event.data.length > 0) writeBytesField(record, 8, event.data, at);
  record.writeUInt32BE(crc32(record.subarray(4)), 0);
  return new StoredEvent(place.sequence, record);
}

function writeMapEntry(record: Buffer, size: number, key: Buffer, value: Buffer, at: number): number {
  record[at++] = 0x32;
  at = writeVarint(record, size, at);
  at += key.copy(record, at);
  return writeBytesField(record, 2, value, at);
}
