const TWO_TO_28 = 0x1000_0000;

/** A message that is not what the protocol says. The call it came on is of no further use. */
export class MalformedMessage extends Error {
  constructor(detail: string) {
    super(`malformed message from the event store: ${detail}`);
    this.name = 'MalformedMessage';
  }
}

/** Reads protocol buffers in place: byte fields are views of the message, never copies. */
export class ProtobufReader {
  private position: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.position = start;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Field number times eight plus wire type. */
  tag(): number {
    return this.uint32();
  }

  uint32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const next = this.byte();
      if (shift < 32) value |= (next & 0x7f) << shift;
      if (next < 0x80) return value >>> 0;
    }
    throw new MalformedMessage('varint too long');
  }

  uint64(): bigint {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const next = this.byte();
      const bits = next & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= bits << (7 * (index - 8));
      if (next < 0x80) {
        if (high !== 0) return BigInt.asUintN(64, (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low));
        // Below 2^53 a number holds it exactly, and BigInt from a number is several times faster than shifts of bigints.
        if (middle < 0x200_0000) return BigInt(middle * TWO_TO_28 + low);
        return (BigInt(middle) << 28n) | BigInt(low);
      }
    }
    throw new MalformedMessage('varint too long');
  }

  /** A reader of the length-delimited message that comes next. */
  message(): ProtobufReader {
    const end = this.lengthEnd();
    const nested = new ProtobufReader(this.bytes, this.position, end);
    this.position = end;
    return nested;
  }

  text(): string {
    const end = this.lengthEnd();
    const text = this.bytes.toString('utf8', this.position, end);
    this.position = end;
    return text;
  }

  view(): Buffer {
    const end = this.lengthEnd();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.uint64();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.position = this.lengthEnd();
        return;
      case 5:
        this.advance(4);
        return;
      default:
        throw new MalformedMessage(`wire type ${tag & 7}`);
    }
  }

  private lengthEnd(): number {
    const length = this.uint32();
    const end = this.position + length;
    if (end > this.end) throw new MalformedMessage('a field is longer than its message');
    return end;
  }

  private advance(count: number): void {
    this.position += count;
    if (this.position > this.end) throw new MalformedMessage('cut off');
  }

  private byte(): number {
    if (this.position >= this.end) throw new MalformedMessage('cut off');
    return this.bytes[this.position++] ?? 0;
  }
}
