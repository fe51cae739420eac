import type { ProtobufReader } from './protobuf-reader';

const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');

/** A UUID message: as text, or as two 64-bit halves (the server's answer to an append that timed out in it). */
export function readUuid(message: ProtobufReader): string {
  let text = '';
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x12) text = message.text();
    else if (tag === 0x0a) text = readStructured(message.message());
    else message.skip(tag);
  }
  return text;
}

function readStructured(message: ProtobufReader): string {
  let high = 0n;
  let low = 0n;
  while (!message.done) {
    const tag = message.tag();
    if (tag === 0x08) high = message.uint64();
    else if (tag === 0x10) low = message.uint64();
    else message.skip(tag);
  }
  const digits = hex(high) + hex(low);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}
