import * as fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { countSegments } from '../../../src/infrastructure/embedded/sandbox/segments';

describe('segments', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    // The escape sign and its character may not be parted: 153 leaves one septet unused.
    ['€'.repeat(153), 3],
    ['й'.repeat(70), 1],
    ['й'.repeat(71), 2],
    ['🚚'.repeat(35), 1],
    ['🚚'.repeat(36), 2],
    // Nor may the halves of a surrogate pair: 33 of them fill a part of 67 units.
    ['🚚'.repeat(67), 3],
  ])('counts case %#', (body, expected) => {
    expect(countSegments(body)).toBe(expected);
  });

  it('agrees with an independent calculator on plain text', () => {
    const characters = fc.constantFrom(...'abcXYZ 019.,!?@£éñ€{}[]~жш');
    fc.assert(
      fc.property(fc.array(characters, { minLength: 1, maxLength: 700 }), (chosen) => {
        const body = chosen.join('');
        expect(countSegments(body)).toBe(new SegmentedMessage(body).segmentsCount);
      }),
    );
  });
});
