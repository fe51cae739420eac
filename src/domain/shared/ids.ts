/** Ids are opaque: a prefix and 26 Crockford characters, which are 128 bits. */
export type IdPrefix =
  'msg' | 'bat' | 'cus' | 'key' | 'rsv' | 'txn' | 'otp' | 'sub' | 'prl' | 'whe' | 'chn' | 'opr' | 'blk' | 'opt';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PATTERN = /^([a-z]{3})_([0-7][0-9A-HJKMNP-TV-Z]{25})$/;

/** The 26 Crockford characters of 16 bytes. */
export function crockford(bytes: Uint8Array): string {
  if (bytes.length < 16) throw new RangeError('an id needs 16 bytes');
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = (CROCKFORD[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return text;
}

export const isId = (text: string, prefix: IdPrefix): boolean => PATTERN.exec(text)?.[1] === prefix;
