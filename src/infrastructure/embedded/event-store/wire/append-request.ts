import { readExpectation, readStreamIdentifier } from './common-messages';
import { MalformedMessage, ProtobufReader } from './protobuf-reader';
import type { ProposedEvent } from '../storage/record';
import { readUuid } from './uuid';

const NO_BYTES = Buffer.alloc(0);
const JSON_CONTENT = 'application/json';

/** The options that appends, deletes and tombstones share. */
export interface WriteOptions {
  readonly stream: string;
  /** Undefined if the request does not say. */
  readonly expected: number | undefined;
}

export interface BatchOptions extends WriteOptions {
  /** When the client stops waiting, in ms since 1970; undefined if it does not say. */
  readonly deadlineMs: number | undefined;
}

/** One message of a batch append: an append, or a chunk of one. */
export interface BatchChunk {
  readonly correlationId: string;
  /** Set on the first chunk of an append. */
  readonly options: BatchOptions | undefined;
  readonly events: ProposedEvent[];
  readonly isFinal: boolean;
}

/** Reads a `BatchAppendReq`. */
export function readBatchChunk(message: Buffer): BatchChunk {
  const reader = new ProtobufReader(message);
  let correlationId: string | undefined;
  let options: BatchOptions | undefined;
  let isFinal = false;
  const events: ProposedEvent[] = [];
  while (reader.next()) {
    if (reader.field === 1) correlationId = readUuid(reader.message());
    else if (reader.field === 2) options = readBatchOptions(reader.message());
    else if (reader.field === 3) events.push(readProposed(reader.message()));
    else if (reader.field === 4) isFinal = reader.bool();
    else reader.skip();
  }
  if (correlationId === undefined) throw new MalformedMessage('A batch append has no correlation id.');
  return { correlationId, options, events, isFinal };
}

function readBatchOptions(reader: ProtobufReader): BatchOptions {
  let stream = '';
  let expected: number | undefined;
  let deadlineMs: number | undefined;
  while (reader.next()) {
    const found = readExpectation(reader);
    if (found !== undefined) expected = found;
    else if (reader.field === 1) stream = readStreamIdentifier(reader.message());
    else if (reader.field === 6) deadlineMs = readSeconds(reader.message());
    else if (reader.field === 7) deadlineMs = Date.now() + readSeconds(reader.message());
    else reader.skip();
  }
  return { stream, expected, deadlineMs };
}

/** A protobuf `Timestamp` or `Duration`, in ms. */
function readSeconds(reader: ProtobufReader): number {
  let ms = 0;
  while (reader.next()) {
    if (reader.field === 1) ms += Number(reader.int64()) * 1000;
    else if (reader.field === 2) ms += reader.int32() / 1e6;
    else reader.skip();
  }
  return ms;
}

/** Reads a `ProposedMessage`, which both kinds of append lay out alike. */
export function readProposed(reader: ProtobufReader): ProposedEvent {
  let id: string | undefined;
  let type = '';
  let contentType = '';
  let data: Buffer = NO_BYTES;
  let metadata: Buffer = NO_BYTES;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readUuid(reader.message());
        break;
      case 2: {
        const [key, value] = readMapEntry(reader.message());
        if (key === 'type') type = value;
        else if (key === 'content-type') contentType = value;
        break;
      }
      case 3:
        metadata = reader.bytes();
        break;
      case 4:
        data = reader.bytes();
        break;
      default:
        reader.skip();
    }
  }
  if (id === undefined) throw new MalformedMessage('An event has no id.');
  return { id, type, isJson: contentType === JSON_CONTENT, data, metadata };
}

function readMapEntry(reader: ProtobufReader): [string, string] {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  return [key, value];
}

/** One message of a plain append: its options first, then an event each. */
export type AppendPart = { readonly options: WriteOptions } | { readonly event: ProposedEvent };

/** Reads an `AppendReq`. */
export function readAppendPart(message: Buffer): AppendPart {
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 1) return { options: readWriteOptions(reader.message()) };
    if (reader.field === 2) return { event: readProposed(reader.message()) };
    reader.skip();
  }
  throw new MalformedMessage('An append message is empty.');
}

/** Reads a `DeleteReq` or `TombstoneReq`. */
export function readDeleteRequest(message: Buffer): WriteOptions {
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 1) return readWriteOptions(reader.message());
    reader.skip();
  }
  throw new MalformedMessage('A delete has no options.');
}

function readWriteOptions(reader: ProtobufReader): WriteOptions {
  let stream = '';
  let expected: number | undefined;
  while (reader.next()) {
    const found = readExpectation(reader);
    if (found !== undefined) expected = found;
    else if (reader.field === 1) stream = readStreamIdentifier(reader.message());
    else reader.skip();
  }
  return { stream, expected };
}
