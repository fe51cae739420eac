import fc from 'fast-check';
import { sqlJson } from '../../../src/projections/shared/sql-json';

describe('JSON for Postgres', () => {
  it.each([
    ['a NUL', 'a\0b', 'a\ufffdb'],
    ['a lone high surrogate', 'a\ud800b', 'a\ufffdb'],
    ['a lone low surrogate', 'a\udc00', 'a\ufffd'],
    ['a whole pair', 'a😀b', 'a😀b'],
    ['a backslash before u0000', 'a\\u0000b', 'a\\u0000b'],
    ['backslashes and a NUL', '\\\\\0', '\\\\\ufffd'],
    ['a quote after a backslash, and a NUL', '\\"\0', '\\"\ufffd'],
  ])('carries %s', (_what, text, carried) => {
    expect(JSON.parse(sqlJson({ text, [text]: 1 }))).toEqual({ text: carried, [carried]: 1 });
  });

  it('leaves nothing that Postgres refuses, and all else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const carried = (JSON.parse(sqlJson([text])) as [string])[0];
        expect(carried).toBe(Buffer.from(text).toString().replaceAll('\0', '\ufffd'));
      }),
    );
  });
});
