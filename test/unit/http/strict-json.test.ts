import fc from 'fast-check';
import { parseStrictJson } from '../../../src/infrastructure/http/strict-json';

const parse = (text: string | Buffer) => parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text);
const code = (value: string) => expect.objectContaining({ name: 'DomainError', code: value });

describe('parseStrictJson', () => {
  it('reads what JSON.parse reads, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/"(__proto__|constructor)":|\\u0000|\\ud[89a-f]/i.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads strings full of what looks like structure', () => {
    const value = { a: '{"b":1,"b":2}', 'c"]}:': ['[[[[:::', '\\', '\\"', '\u{1F600}', 'é', ''] };
    expect(parse(JSON.stringify(value))).toEqual(value);
    expect(parse('{"emoji":"\\ud83d\\ude00"}')).toEqual({ emoji: '\u{1F600}' });
  });

  it.each([
    '',
    ' ',
    '{',
    '}',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '{"a" 1}',
    '{"a":}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":0x10}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":"\t"}',
    '{"a":"\0"}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '{"a":"b',
    '{"a":"b\\',
    '{"a":tru}',
    '{"a":1}{',
    '{"a":1} x',
    '/* c */ {}',
    'to=1',
    '\u00a0{}',
  ])('refuses malformed %j', (text) => {
    expect(() => parse(text)).toThrow(code('malformed_json'));
  });

  it.each<[string, Buffer]>([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['UTF-16 LE with a mark', Buffer.from('\ufeff{"a":1}', 'utf16le')],
    ['UTF-16 LE without one', Buffer.from('{"a":1}', 'utf16le')],
    ['half a pair, high', Buffer.from('{"a":"\\ud83d"}')],
    ['half a pair, low', Buffer.from('{"a":"\\ude00 x"}')],
    ['half a pair in a name', Buffer.from('{"\\ud83d":1}')],
    ['a member twice', Buffer.from('{"to":1,"to":2}')],
    ['a member twice by an escape', Buffer.from('{"to":1,"\\u0074o":2}')],
    ['a member twice, deep inside', Buffer.from('{"a":[{"b":{"c":1,"d":2,"c":3}}]}')],
    ['bytes that are neither UTF-8 nor JSON', Buffer.from([0x5b, 0xff, 0x5d])],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parse(bytes)).toThrow(code('malformed_json'));
  });

  it.each<[string, Buffer, string]>([
    ['a lone continuation byte in a name', Buffer.from([0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d]), ''],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), ''],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), ''],
    [
      'a text in Latin-1',
      Buffer.concat([Buffer.from('{"a":"ok","b":["caf'), Buffer.from([0xe9]), Buffer.from('"]}')]),
      'b[0]',
    ],
  ])('names the text that is not UTF-8: %s', (_what, bytes, field) => {
    const refusal = { code: 'validation_failed', fields: [{ field, message: 'must be UTF-8' }] };
    expect(() => parse(bytes)).toThrow(expect.objectContaining(refusal));
  });

  it('takes the replacement character where it was meant', () => {
    expect(parse('{"a":"\ufffd"}')).toEqual({ a: '\ufffd' });
  });

  it('takes 32 levels and no more, and is quick about 100 000', () => {
    const nested = (n: number) => '['.repeat(n) + ']'.repeat(n);
    expect(() => parse(nested(32))).not.toThrow();
    expect(() => parse(nested(33))).toThrow(code('malformed_json'));
    const tries = [1, 2, 3].map(() => {
      const started = performance.now();
      expect(() => parse(nested(100_000))).toThrow(code('malformed_json'));
      return performance.now() - started;
    });
    expect(Math.min(...tries)).toBeLessThan(50);
  });

  it.each(['{"__proto__":{"admin":true}}', '{"a":{"__proto__":1}}', '{"constructor":1}', '{"\\u005f_proto__":1}'])(
    'refuses %s and leaves the prototype alone',
    (text) => {
      expect(() => parse(text)).toThrow(code('validation_failed'));
      expect('admin' in {}).toBe(false);
    },
  );

  it('names where U+0000 stands', () => {
    expect(() => parse('{"a":[{"b":"x\\u0000y"}]}')).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        fields: [{ field: 'a[0].b', message: expect.any(String) }],
      }),
    );
  });
});
