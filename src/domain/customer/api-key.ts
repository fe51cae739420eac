/** What a key is for: sending live, live money, or simulated traffic. */
export type ApiKeyKind = 'live' | 'billing' | 'test';

export const API_KEY_PREFIXES: { readonly [kind in ApiKeyKind]: string } = {
  live: 'wk_live_',
  billing: 'wk_billing_',
  test: 'wk_test_',
};

const KEY_ID_LENGTH = 16;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^wk_(live|billing|test)_([0-9A-HJKMNP-TV-Z]{16})([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
const KEY_ID = /^[0-9A-HJKMNP-TV-Z]{16}$/;
const SECRET = /^[0-9A-Za-z]{32}$/;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Longest key there can be: what is longer needs no look. */
const LONGEST = 'wk_billing_'.length + KEY_ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (IEEE 802.3) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** 62^6 is more than 2^32, so six characters always hold a CRC. */
function checksum(text: string): string {
  let value = crc32(text);
  let out = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    out = (BASE62[value % 62] ?? '0') + out;
    value = Math.floor(value / 62);
  }
  return out;
}

/**
 * The whole key as a customer gets it: prefix, key id, secret, checksum of all before it.
 * @param keyId 16 Crockford characters
 * @param secret 32 base62 characters
 * @throws RangeError where either has another shape
 */
export function formatApiKey(kind: ApiKeyKind, keyId: string, secret: string): string {
  if (!KEY_ID.test(keyId)) throw new RangeError('a key id is 16 Crockford characters');
  if (!SECRET.test(secret)) throw new RangeError('a key secret is 32 base62 characters');
  const text = API_KEY_PREFIXES[kind] + keyId + secret;
  return text + checksum(text);
}

/** Null where shape or checksum is wrong: most typing and pasting mistakes are caught without a look-up. */
export function parseApiKey(text: string): { kind: ApiKeyKind; keyId: string } | null {
  if (text.length > LONGEST) return null;
  const match = SHAPE.exec(text);
  if (match === null) return null;
  if (checksum(text.slice(0, -CHECKSUM_LENGTH)) !== match[4]) return null;
  const kind = match[1];
  const keyId = match[2];
  if (keyId === undefined || (kind !== 'live' && kind !== 'billing' && kind !== 'test')) return null;
  return { kind, keyId };
}
