import type { LogPosition } from '../../../application/ports/event-store';
import { MalformedMessage, ProtobufReader } from './protobuf-reader';
import { readUuid } from './uuid';

/** An event as the store holds it, not yet decoded. `data` and `metadata` are views of the message it came in. */
export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly position: LogPosition;
  /** ISO, by the store's clock. */
  readonly created: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export type ReadResponse =
  | { readonly kind: 'event'; readonly event: StoredEvent; readonly retryCount: number }
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'checkpoint'; readonly position: LogPosition }
  | { readonly kind: 'stream_not_found' }
  | { readonly kind: 'caught_up' }
  | { readonly kind: 'fell_behind' }
  /** A message that says nothing of use here: positions of a stream, or one that a newer server knows. */
  | { readonly kind: 'other' };

const EMPTY = Buffer.alloc(0);
const OTHER: ReadResponse = { kind: 'other' };

/** One `ReadResp` of streams.proto. */
export function decodeReadResponse(bytes: Buffer): ReadResponse {
  const reader = new ProtobufReader(bytes);
  let response = OTHER;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x0a) response = readEvent(reader.message());
    else if (tag === 0x12) response = skipTo(reader, tag, { kind: 'confirmation' });
    else if (tag === 0x1a) response = { kind: 'checkpoint', position: readPosition(reader.message()) };
    else if (tag === 0x22) response = skipTo(reader, tag, { kind: 'stream_not_found' });
    else if (tag === 0x42) response = skipTo(reader, tag, { kind: 'caught_up' });
    else if (tag === 0x4a) response = skipTo(reader, tag, { kind: 'fell_behind' });
    else reader.skip(tag);
  }
  return response;
}

/** One `ReadResp` of persistent.proto: the same event, with a count of retries. */
export function decodePersistentReadResponse(bytes: Buffer): ReadResponse {
  const reader = new ProtobufReader(bytes);
  let response = OTHER;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x0a) response = readEvent(reader.message());
    else if (tag === 0x12) response = skipTo(reader, tag, { kind: 'confirmation' });
    else reader.skip(tag);
  }
  return response;
}

function skipTo(reader: ProtobufReader, tag: number, response: ReadResponse): ReadResponse {
  reader.skip(tag);
  return response;
}

function readPosition(message: ProtobufReader): LogPosition {
  let commit = 0n;
  let prepare = 0n;
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x08) commit = message.uint64();
    else if (tag === 0x10) prepare = message.uint64();
    else message.skip(tag);
  }
  return { commit, prepare };
}

function readEvent(message: ProtobufReader): ReadResponse {
  let event: StoredEvent | null = null;
  let retryCount = 0;
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x0a) event = readRecorded(message.message());
    else if (tag === 0x28) retryCount = message.uint32();
    else message.skip(tag);
  }
  // A link whose event is gone comes without one; links are never asked to be resolved here.
  return event === null ? OTHER : { kind: 'event', event, retryCount };
}

function readRecorded(message: ProtobufReader): StoredEvent {
  let id = '';
  let stream = '';
  let revision = 0n;
  let prepare = 0n;
  let commit = 0n;
  let type = '';
  let created = '';
  let data: Buffer = EMPTY;
  let metadata: Buffer = EMPTY;
  while (!message.done) {
    const tag = message.tag();
    switch (tag) {
      case 0x0a:
        id = readUuid(message.message());
        break;
      case 0x12:
        stream = readStreamName(message.message());
        break;
      case 0x18:
        revision = message.uint64();
        break;
      case 0x20:
        prepare = message.uint64();
        break;
      case 0x28:
        commit = message.uint64();
        break;
      case 0x32: {
        const [key, value] = readEntry(message.message());
        if (key === 'type') type = value;
        else if (key === 'created') created = ticksToIso(value);
        break;
      }
      case 0x3a:
        metadata = message.view();
        break;
      case 0x42:
        data = message.view();
        break;
      default:
        message.skip(tag);
    }
  }
  if (id === '' || stream === '') throw new MalformedMessage('an event without id or stream');
  return { id, stream, revision, type, position: { commit, prepare }, created, data, metadata };
}

function readStreamName(message: ProtobufReader): string {
  let name = '';
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x1a) name = message.text();
    else message.skip(tag);
  }
  return name;
}

function readEntry(message: ProtobufReader): [key: string, value: string] {
  let key = '';
  let value = '';
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x0a) key = message.text();
    else if (tag === 0x12) value = message.text();
    else message.skip(tag);
  }
  return [key, value];
}

let lastTicks = '';
let lastIso = '';

/** From 100-nanosecond units since 1970, as decimal text: the last four digits are below a millisecond. */
function ticksToIso(ticks: string): string {
  // Events of one commit share their time, and each comes on several subscriptions.
  if (ticks === lastTicks) return lastIso;
  const epochMs = Number(ticks.slice(0, -4));
  if (!Number.isSafeInteger(epochMs)) throw new MalformedMessage('an event created at no time');
  lastIso = new Date(epochMs).toISOString();
  lastTicks = ticks;
  return lastIso;
}
