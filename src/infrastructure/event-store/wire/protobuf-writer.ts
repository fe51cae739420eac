/** Number of bytes of `value` as a varint. `value`: a non-negative safe integer. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Size of a length-delimited field with a one-byte tag whose content has `contentSize` bytes. */
export const fieldSize = (contentSize: number): number => 1 + varintSize(contentSize) + contentSize;

/** Writes protocol buffers into one buffer of a size known beforehand: sizes first, then one pass of writing. */
export class ProtobufWriter {
  private position = 0;

  constructor(readonly bytes: Buffer) {}

  get written(): number {
    return this.position;
  }

  byte(value: number): void {
    this.bytes[this.position++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.position++] = rest;
  }

  /** Unsigned 64-bit. */
  varint64(value: bigint): void {
    if (value <= 0xffff_ffffn) {
      this.varint(Number(value));
      return;
    }
    let rest = value;
    while (rest >= 0x80n) {
      this.bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.position++] = Number(rest);
  }

  /** Tag and length of a length-delimited field; its content is written next. */
  open(tag: number, contentSize: number): void {
    this.bytes[this.position++] = tag;
    this.varint(contentSize);
  }

  /** `size`: the bytes of `text` in UTF-8. */
  text(tag: number, text: string, size: number): void {
    this.open(tag, size);
    // Text of one byte a character is ASCII: written as Latin-1, which needs no look at each character.
    this.position += this.bytes.write(text, this.position, size === text.length ? 'latin1' : 'utf8');
  }

  raw(content: Uint8Array): void {
    this.bytes.set(content, this.position);
    this.position += content.length;
  }
}
