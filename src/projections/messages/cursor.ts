import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { DomainError } from '../../domain/shared/domain-error';

/** Where a page ended: the next one starts after it. */
export interface PageEnd {
  /** ISO with milliseconds. */
  readonly createdAt: string;
  readonly messageId: string;
}

const MAC_BYTES = 16;
const LONGEST = 400;

/** Opaque cursors that only their owner can use and nobody can make up. */
export class Cursors {
  private readonly key: Buffer;

  /** @param lookupKey 32 bytes; the cursors' own key is derived from it. */
  constructor(lookupKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', lookupKey, Buffer.alloc(0), 'waht cursors v1', 32));
  }

  /** @param scope whose list it is: a cursor is of no use in another. */
  write(scope: string, end: PageEnd): string {
    return this.seal(scope, [end.createdAt, end.messageId]);
  }

  /** @throws DomainError invalid_cursor */
  read(scope: string, cursor: string): PageEnd {
    const [createdAt = '', messageId = ''] = this.open(scope, cursor);
    return { createdAt, messageId };
  }

  /** For pages that end at something else: what `open` gives back, under the same scope only. */
  seal(scope: string, parts: readonly string[]): string {
    const body = Buffer.from(JSON.stringify(parts));
    return Buffer.concat([this.mac(scope, body), body]).toString('base64url');
  }

  /** @throws DomainError invalid_cursor */
  open(scope: string, cursor: string): string[] {
    const bytes = Buffer.from(cursor.slice(0, LONGEST), 'base64url');
    const body = bytes.subarray(MAC_BYTES);
    // Written again it must be the same text: base64url reads past what is not in its alphabet.
    const genuine =
      body.length > 0 &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(scope, body));
    if (!genuine) throw new DomainError('invalid_cursor', 'This cursor is not one of this list.');
    return JSON.parse(body.toString()) as string[];
  }

  private mac(scope: string, body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(scope).update('\0').update(body).digest().subarray(0, MAC_BYTES);
  }
}
