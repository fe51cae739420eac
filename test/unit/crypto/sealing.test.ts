import { randomBytes } from 'node:crypto';
import { KeyWrapper, UnusableKey } from '../../../src/infrastructure/crypto/key-wrapper';
import { deriveKey, newSubjectKey, openWith, sealWith } from '../../../src/infrastructure/crypto/subject-key';

const subject = 'sub_01HXKR3ABCDEFGHJKMNPQRSTVW';

describe('sealing', () => {
  it('opens what it sealed, whatever the text', () => {
    const key = newSubjectKey();
    for (const text of ['+254712345678', '', 'Habari 😀 ş', 'x'.repeat(10_000)]) {
      expect(openWith(key, sealWith(key, subject, text))).toBe(text);
    }
  });

  it('never seals the same twice alike, and shows nothing of it', () => {
    const key = newSubjectKey();
    const ivs = new Set(Array.from({ length: 1_000 }, () => sealWith(key, subject, '+254712345678').iv));
    expect(ivs.size).toBe(1_000);
    const sealed = sealWith(key, subject, '+254712345678');
    expect(sealed.kid).toBe(subject);
    expect(sealed.iv).toMatch(/^[\w-]{16}$/);
    expect(sealed.tag).toMatch(/^[\w-]{22}$/);
    expect(Buffer.from(sealed.ct, 'base64url').toString('latin1')).not.toContain('2547');
  });

  it('does not open under another key, for another subject, or when a bit was turned', () => {
    const key = newSubjectKey();
    const sealed = sealWith(key, subject, '+254712345678');
    expect(() => openWith(newSubjectKey(), sealed)).toThrow();
    expect(() => openWith(key, { ...sealed, kid: 'sub_2' })).toThrow();
    const turned = Buffer.from(sealed.ct, 'base64url');
    turned[0] = (turned[0] ?? 0) ^ 1;
    expect(() => openWith(key, { ...sealed, ct: turned.toString('base64url') })).toThrow();
    expect(() => openWith(key, { ...sealed, tag: sealed.tag.slice(0, 6) })).toThrow();
  });

  it('costs little: two fields of a message in well under 30 µs', () => {
    const key = newSubjectKey();
    const sealMicroseconds = (): number => {
      const before = process.cpuUsage();
      for (let n = 0; n < 2_000; n++) {
        sealWith(key, subject, '+254712345678');
        sealWith(key, subject, 'Your order #4821 has shipped.');
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 2_000;
    };
    // Time on the processor, the best of several: a busy machine must not fail this, a slow algorithm must.
    expect(Math.min(...Array.from({ length: 8 }, sealMicroseconds))).toBeLessThan(30);
  });
});

describe('wrapping a subject’s key', () => {
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const wrapper = (current: number, ...keys: [number, Buffer][]): KeyWrapper =>
    new KeyWrapper({ current, byVersion: new Map(keys) });

  it('gives it back under the same master key only, for the same subject', () => {
    const key = newSubjectKey();
    const wrapped = wrapper(1, [1, one]).wrap(subject, key);
    expect(wrapped.bytes.includes(key)).toBe(false);
    expect(wrapper(1, [1, one]).unwrap(subject, wrapped).equals(key)).toBe(true);
    expect(() => wrapper(1, [1, two]).unwrap(subject, wrapped)).toThrow(UnusableKey);
    expect(() => wrapper(1, [1, one]).unwrap('sub_2', wrapped)).toThrow(UnusableKey);
    expect(() => wrapper(1, [1, one]).unwrap(subject, { ...wrapped, bytes: Buffer.alloc(3) })).toThrow(UnusableKey);
  });

  it('wraps in the current version, and opens in every one that it has', () => {
    const key = newSubjectKey();
    const old = wrapper(1, [1, one]).wrap(subject, key);
    const both = wrapper(2, [1, one], [2, two]);
    const fresh = both.wrap(subject, key);
    expect([old.version, fresh.version]).toEqual([1, 2]);
    for (const wrapped of [old, fresh]) expect(both.unwrap(subject, wrapped).equals(key)).toBe(true);
    expect(() => wrapper(2, [2, two]).unwrap(subject, old)).toThrow('version 1');
    expect(() => both.unwrap(subject, { ...old, version: 2 })).toThrow(UnusableKey);
  });

  it('derives a key of its own for each purpose', () => {
    const secret = randomBytes(32);
    expect(deriveKey(secret, 'a').equals(deriveKey(secret, 'a'))).toBe(true);
    expect(deriveKey(secret, 'a').equals(deriveKey(secret, 'b'))).toBe(false);
    expect(deriveKey(secret, 'a')).toHaveLength(32);
  });
});
