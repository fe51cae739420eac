import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { API_KEY_PREFIXES, formatApiKey, parseApiKey, type ApiKeyKind } from '../../../src/domain/customer/api-key';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const text = (alphabet: string, length: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map((all) => all.join(''));
const keys = fc.record({
  kind: fc.constantFrom<ApiKeyKind>('live', 'billing', 'test'),
  keyId: text(CROCKFORD, 16),
  secret: text(BASE62, 32),
});

describe('API key', () => {
  it('is prefix, key id, secret and checksum', () => {
    const key = formatApiKey('live', '0123456789ABCDEF', 'a'.repeat(32));
    expect(key).toMatch(/^wk_live_0123456789ABCDEFa{32}[0-9A-Za-z]{6}$/);
    expect(key).toHaveLength('wk_live_'.length + 16 + 32 + 6);
  });

  it('ends with CRC-32 in base 62, as zlib counts it', () => {
    fc.assert(
      fc.property(keys, ({ kind, keyId, secret }) => {
        const key = formatApiKey(kind, keyId, secret);
        let value = 0;
        for (const digit of key.slice(-6)) value = value * 62 + BASE62.indexOf(digit);
        expect(value).toBe(crc32(key.slice(0, -6)));
      }),
    );
  });

  it('comes back as kind and key id', () => {
    fc.assert(
      fc.property(keys, ({ kind, keyId, secret }) => {
        expect(parseApiKey(formatApiKey(kind, keyId, secret))).toEqual({ kind, keyId });
      }),
    );
  });

  it('is refused with any one character changed', () => {
    fc.assert(
      fc.property(keys, fc.nat(), fc.constantFrom(...BASE62), ({ kind, keyId, secret }, at, other) => {
        const key = formatApiKey(kind, keyId, secret);
        const i = API_KEY_PREFIXES[kind].length + (at % (16 + 32 + 6));
        fc.pre(key[i] !== other);
        expect(parseApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBeNull();
      }),
    );
  });

  it.each([
    '',
    'wk_live_',
    'wk_other_0123456789ABCDEF',
    ` ${formatApiKey('live', '0'.repeat(16), 'a'.repeat(32))}`,
    'x'.repeat(1e6),
  ])('refuses what is none (%#)', (wrong) => expect(parseApiKey(wrong)).toBeNull());

  it('does not make one of parts of another shape', () => {
    expect(() => formatApiKey('live', 'short', 'a'.repeat(32))).toThrow(RangeError);
    expect(() => formatApiKey('live', '0'.repeat(16), 'ä'.repeat(32))).toThrow(RangeError);
  });
});
