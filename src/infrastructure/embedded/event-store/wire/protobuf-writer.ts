const EMPTY = Buffer.alloc(0);

/** Bytes that `value` takes as a varint. */
export function varintSize(value: number): number {
  let size = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    size++;
  }
  return size;
}

/** Writes `value` as a varint at `offset` and returns the offset behind it. */
export function writeVarint(target: Buffer, value: number, offset: number): number {
  while (value >= 0x80000000) {
    target[offset++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  while (value >= 128) {
    target[offset++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[offset++] = value;
  return offset;
}

/** Writes a length-delimited field (tag below 16, so one byte) and returns the offset behind it. */
export function writeBytesField(target: Buffer, field: number, bytes: Uint8Array, offset: number): number {
  target[offset++] = (field << 3) | 2;
  offset = writeVarint(target, bytes.length, offset);
  target.set(bytes, offset);
  return offset + bytes.length;
}

/** Size of a length-delimited field with a one-byte tag. */
export function bytesFieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** Builds a protobuf message of modest size; the hot messages are laid out by hand instead. */
export class ProtobufWriter {
  private readonly parts: Buffer[] = [];

  uint(field: number, value: number): this {
    this.tag(field, 0);
    return this.varint(value);
  }

  int64(field: number, value: bigint): this {
    this.tag(field, 0);
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    while (rest >= 128n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.parts.push(Buffer.from(bytes));
    return this;
  }

  bool(field: number, value: boolean): this {
    return value ? this.uint(field, 1) : this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.varint(value.length);
    this.parts.push(Buffer.isBuffer(value) ? value : Buffer.from(value));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** A nested message, written by `fill`; without it, an empty one. */
  message(field: number, fill?: (nested: ProtobufWriter) => void): this {
    if (!fill) return this.bytes(field, EMPTY);
    const nested = new ProtobufWriter();
    fill(nested);
    return this.bytes(field, nested.finish());
  }

  finish(): Buffer {
    return this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts);
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  private varint(value: number): this {
    const bytes = Buffer.allocUnsafe(varintSize(value));
    writeVarint(bytes, value, 0);
    this.parts.push(bytes);
    return this;
  }
}
