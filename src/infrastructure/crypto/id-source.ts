import { hash, randomFillSync, randomUUID } from 'node:crypto';
import type { Clock } from '../../application/ports/clock';
import type { IdSource } from '../../application/ports/id-source';
import { crockford, type IdPrefix } from '../../domain/shared/ids';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** The 16 bytes of a UUID as text. */
const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** UUIDv5 (RFC 9562): SHA-1 of the parent's bytes and the name. */
export function uuidV5(parentUuid: string, name: string): string {
  const parent = uuidBytes(parentUuid);
  if (parent.length !== 16) throw new RangeError('the parent of a derived UUID is no UUID');
  // One call, without an object of its own for each: several ids are derived for every message.
  const digest = hash('sha1', Buffer.concat([parent, Buffer.from(name, 'utf8')]), 'buffer');
  digest.writeUInt8(((digest[6] ?? 0) & 0x0f) | 0x50, 6);
  digest.writeUInt8(((digest[8] ?? 0) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** ULIDs that rise within the process: in the same millisecond the random part is counted up. */
export class CryptoIdSource implements IdSource {
  private lastMs = -1;
  private timePart = '';
  /** Five bits each. */
  private readonly randomPart = new Uint8Array(RANDOM_LENGTH);

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
    randomFillSync(this.randomPart);
    for (let index = 0; index < RANDOM_LENGTH; index++) this.randomPart[index] = (this.randomPart[index] ?? 0) & 31;
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
