import { MalformedMessage, type ProtobufReader } from './protobuf-reader';
import { ProtobufWriter } from './protobuf-writer';

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An EventStoreDB UUID message (a string, or two int64) as 36 lower-case characters. Throws MalformedMessage. */
export function readUuid(reader: ProtobufReader): string {
  let text: string | undefined;
  while (reader.next()) {
    if (reader.field === 1) text = readStructured(reader.message());
    else if (reader.field === 2) text = reader.string();
    else reader.skip();
  }
  if (text === undefined || !CANONICAL.test(text)) throw new MalformedMessage('An id is not a UUID.');
  return text.toLowerCase();
}

function readStructured(reader: ProtobufReader): string {
  let most = 0n;
  let least = 0n;
  while (reader.next()) {
    if (reader.field === 1) most = reader.int64();
    else if (reader.field === 2) least = reader.int64();
    else reader.skip();
  }
  const hex =
    BigInt.asUintN(64, most).toString(16).padStart(16, '0') + BigInt.asUintN(64, least).toString(16).padStart(16, '0');
  return formatUuid(hex);
}

function formatUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The sixteen bytes of a UUID in text form. */
export function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

/** The body of a UUID message in its structured form (two int64). */
export function structuredUuid(text: string): Buffer {
  const bytes = uuidBytes(text);
  return new ProtobufWriter()
    .message(1, (m) => m.int64(1, bytes.readBigInt64BE(0)).int64(2, bytes.readBigInt64BE(8)))
    .finish();
}

/** The body of a UUID message in its string form. */
export function stringUuid(text: string): Buffer {
  return new ProtobufWriter().string(2, text).finish();
}
