/** The protobuf wire types that EventStoreDB's messages use. */
const enum WireType {
  Varint = 0,
  Fixed64 = 1,
  LengthDelimited = 2,
  Fixed32 = 5,
}

/** Thrown when bytes are not a protobuf message; the call they came on is answered with an error, nothing else suffers. */
export class MalformedMessage extends Error {}

/**
 * Reads one protobuf message field by field, without copying: what `bytes()` and `message()` give are views of the input.
 *
 * Use: `while (reader.next()) switch (reader.field) { case 1: x = reader.uint(); break; default: reader.skip(); }`
 */
export class ProtobufReader {
  /** Number of the field that `next()` stopped at. */
  field = 0;
  private wire = 0;

  constructor(
    private readonly buffer: Buffer,
    private position = 0,
    private readonly end = buffer.length,
  ) {}

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.uint();
    this.field = Math.floor(tag / 8);
    this.wire = tag & 7;
    return true;
  }

  /** An unsigned integer. Values over 2^53 - 1 come back as `Number.MAX_SAFE_INTEGER`: no revision or position is that high. */
  uint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) throw new MalformedMessage('A number is cut short.');
      const byte = this.buffer[this.position++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value;
      factor *= 128;
    }
    throw new MalformedMessage('A number is longer than ten bytes.');
  }

  /** A signed 64-bit integer. */
  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= this.end) throw new MalformedMessage('A number is cut short.');
      const byte = this.buffer[this.position++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new MalformedMessage('A number is longer than ten bytes.');
  }

  int32(): number {
    return Number(BigInt.asIntN(32, this.int64()));
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** A view of the field's bytes; copy it if it is to outlive the message. */
  bytes(): Buffer {
    const [from, to] = this.span();
    return this.buffer.subarray(from, to);
  }

  string(): string {
    const [from, to] = this.span();
    return this.buffer.toString('utf8', from, to);
  }

  /** A reader of the nested message at this field. */
  message(): ProtobufReader {
    const [from, to] = this.span();
    return new ProtobufReader(this.buffer, from, to);
  }

  /** Passes over the current field, whatever its type. */
  skip(): void {
    if (this.wire === WireType.Varint) this.uint();
    else if (this.wire === WireType.LengthDelimited) this.span();
    else if (this.wire === WireType.Fixed64) this.advance(8);
    else if (this.wire === WireType.Fixed32) this.advance(4);
    else throw new MalformedMessage(`Wire type ${this.wire} is unknown.`);
  }

  private span(): [number, number] {
    if (this.wire !== WireType.LengthDelimited) throw new MalformedMessage(`Field ${this.field} has the wrong type.`);
    const length = this.uint();
    const from = this.position;
    this.advance(length);
    return [from, this.position];
  }

  private advance(count: number): void {
    if (count > this.end - this.position) throw new MalformedMessage('A field runs over the end of its message.');
    this.position += count;
  }
}
