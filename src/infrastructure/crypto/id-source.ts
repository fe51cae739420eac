import { hash, randomFillSync, randomUUID } from 'node:crypto';
import type { Clock } from '../../application/ports/clock';
import type { IdSource } from '../../application/ports/id-source';
import { crockford, type IdPrefix } from '../../domain/shared/ids';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

const UUID_BYTES = 16;
/** The hexadecimal digit that carries the variant, by the two bits of it that stay. */
const VARIANT = ['8', '9', 'a', 'b'] as const;

/** UUIDv5 (RFC 9562): SHA-1 of the parent's bytes and the name. */
export function uuidV5(parentUuid: string, name: string): string {
  const digits =
    parentUuid.slice(0, 8) +
    parentUuid.slice(9, 13) +
    parentUuid.slice(14, 18) +
    parentUuid.slice(19, 23) +
    parentUuid.slice(24);
  // Several ids are derived for every message: one call of the hash, and one buffer.
  const content = Buffer.allocUnsafe(UUID_BYTES + Buffer.byteLength(name));
  if (digits.length !== 2 * UUID_BYTES || content.write(digits, 'hex') !== UUID_BYTES) {
    throw new RangeError('the parent of a derived UUID is no UUID');
  }
  content.write(name, UUID_BYTES);
  const hex = hash('sha1', content, 'hex');
  const variant = VARIANT[Number.parseInt(hex.charAt(16), 16) % 4] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** ULIDs that rise within the process: in the same millisecond the random part is counted up. */
export class CryptoIdSource implements IdSource {
  private lastMs = -1;
  private timePart = '';
  /** Five bits each. */
  private readonly randomPart = new Uint8Array(RANDOM_LENGTH);
  /** Random bytes are asked for in bulk: each request costs more than what is drawn. */
  private readonly pool = new Uint8Array(RANDOM_LENGTH * 256);
  private poolUsed = this.pool.length;

  constructor(private readonly clock: Clock) {}

  next(prefix: IdPrefix): string {
    const nowMs = this.clock.now();
    if (nowMs > this.lastMs) {
      this.begin(nowMs);
    } else if (!this.countUp()) {
      // 2^80 ids in a millisecond cannot be; an unlucky random start near the top can: borrow the next millisecond.
      this.begin(this.lastMs + 1);
    }
    let random = '';
    for (const bits of this.randomPart) random += ALPHABET[bits] ?? '';
    return `${prefix}_${this.timePart}${random}`;
  }

  uuid(): string {
    return randomUUID();
  }

  derived(parentUuid: string, name: string): string {
    return uuidV5(parentUuid, name);
  }

  messageIdForKey(customerId: string, mode: string, route: string, idempotencyKey: string): string {
    return this.forKey('msg', customerId, mode, route, idempotencyKey);
  }

  batchIdForKey(customerId: string, mode: string, idempotencyKey: string): string {
    return this.forKey('bat', customerId, mode, 'batch', idempotencyKey);
  }

  private forKey(prefix: IdPrefix, ...scope: readonly string[]): string {
    // JSON keeps the parts apart: no two different lists of parts are the same text.
    return `${prefix}_${crockford(hash('sha256', JSON.stringify(scope), 'buffer'))}`;
  }

  optOutId(subjectId: string, mode: string, sender: string | null): string {
    return `opt_${crockford(hash('sha256', JSON.stringify([subjectId, mode, sender]), 'buffer'))}`;
  }

  private begin(ms: number): void {
    this.lastMs = ms;
    let rest = ms;
    let text = '';
    for (let index = 0; index < TIME_LENGTH; index++) {
      text = (ALPHABET[rest % 32] ?? '') + text;
      rest = Math.floor(rest / 32);
    }
    this.timePart = text;
    if (this.poolUsed === this.pool.length) {
      randomFillSync(this.pool);
      this.poolUsed = 0;
    }
    for (let index = 0; index < RANDOM_LENGTH; index++) {
      this.randomPart[index] = (this.pool[this.poolUsed++] ?? 0) & 31;
    }
  }

  /** False where the random part is at its end. */
  private countUp(): boolean {
    for (let index = RANDOM_LENGTH - 1; index >= 0; index--) {
      const bits = this.randomPart[index] ?? 0;
      if (bits < 31) {
        this.randomPart[index] = bits + 1;
        return true;
      }
      this.randomPart[index] = 0;
    }
    return false;
  }
}
