import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** Equal for equal JSON values (what JSON.parse returns): members in the order of their names, no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Digests of request bodies: the plain one is only ever stored sealed; the keyed one may stand in Redis. */
export class BodyDigests {
  private readonly key: Buffer;

  constructor(lookupKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', lookupKey, '', 'waht request digest in redis', 32));
  }

  /** SHA-256 (hex) of the canonical body. */
  plain(body: object): string {
    return createHash('sha256').update(canonicalJson(body)).digest('hex');
  }

  /** HMAC (hex) of the plain digest: without it, a short body could be guessed from what Redis holds. */
  keyed(plain: string): string {
    return createHmac('sha256', this.key).update(plain).digest('hex');
  }
}
