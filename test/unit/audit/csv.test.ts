import fc from 'fast-check';
import { csvLine } from '../../../src/infrastructure/audit/csv';

describe('a line of CSV', () => {
  it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('takes the meaning of a formula from %j', (text) => {
    expect(
      csvLine([text])
        .replace(/^"/, '')
        .startsWith(`'${text[0] ?? ''}`),
    ).toBe(true);
  });

  it('quotes what would end a cell, and leaves null empty', () => {
    expect(csvLine(['a', null, 'b,c', 'say "x"', 'two\nlines'])).toBe('a,,"b,c","say ""x""","two\nlines"\r\n');
  });

  it('begins no cell with what a spreadsheet would run, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '"', ',', 'a', "'") }), (text) => {
        expect(csvLine([text]).slice(0, -2).replace(/^"/, '')).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});
