import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { partsOf, segmentsOf } from '../../../src/domain/message/segments';

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = '\f^{}\\[~]|€';

/** The parts as lists of characters, packed one character at a time: slow, and nothing in common with what is tested. */
function reference(text: string): { encoding: string; segments: number; units: number } {
  const characters = [...text];
  const gsm = characters.every((c) => BASIC.includes(c) || EXTENSION.includes(c));
  const size = (c: string): number => (gsm ? (EXTENSION.includes(c) ? 2 : 1) : c.length);
  const units = characters.reduce((sum, c) => sum + size(c), 0);
  const [single, part] = gsm ? [160, 153] : [70, 67];
  const parts: number[] = [0];
  for (const c of characters) {
    const last = parts.length - 1;
    const used = (parts[last] ?? 0) + size(c);
    if (used > part) parts.push(size(c));
    else parts[last] = used;
  }
  return { encoding: gsm ? 'gsm7' : 'ucs2', segments: units <= single ? 1 : parts.length, units };
}

describe('segmentsOf', () => {
  it.each([
    ['a'.repeat(160), 'gsm7', 1, 160],
    ['a'.repeat(161), 'gsm7', 2, 161],
    ['a'.repeat(306), 'gsm7', 2, 306],
    ['a'.repeat(307), 'gsm7', 3, 307],
    ['a'.repeat(1530), 'gsm7', 10, 1530],
    ['a'.repeat(1531), 'gsm7', 11, 1531],
    ['€'.repeat(80), 'gsm7', 1, 160],
    [`${'€'.repeat(80)}a`, 'gsm7', 2, 161],
    // 152 and an escape pair: the pair goes into the second part whole, which pushes the last character into a third.
    [`${'a'.repeat(152)}{${'a'.repeat(151)}`, 'gsm7', 2, 305],
    [`${'a'.repeat(152)}{${'a'.repeat(152)}`, 'gsm7', 3, 306],
    ['ж'.repeat(70), 'ucs2', 1, 70],
    ['ж'.repeat(71), 'ucs2', 2, 71],
    ['ж'.repeat(134), 'ucs2', 2, 134],
    ['ж'.repeat(135), 'ucs2', 3, 135],
    ['ж'.repeat(670), 'ucs2', 10, 670],
    ['😀'.repeat(35), 'ucs2', 1, 70],
    ['😀'.repeat(36), 'ucs2', 2, 72],
    // 33 emoji are 66 units; the 34th would be cut in half.
    ['😀'.repeat(66), 'ucs2', 2, 132],
    ['😀'.repeat(67), 'ucs2', 3, 134],
    [`${'a'.repeat(100)}ç`, 'ucs2', 2, 101],
    ['Ç', 'gsm7', 1, 1],
    ['`', 'ucs2', 1, 1],
    ['\u001b', 'ucs2', 1, 1],
    ['\u00a0', 'ucs2', 1, 1],
    ['', 'gsm7', 1, 0],
  ])('%# counts the reference table', (text, encoding, segments, units) => {
    expect(segmentsOf(text)).toEqual({ encoding, segments, units });
  });

  it('knows every character of the alphabet and nothing else of the first plane', () => {
    for (let unit = 0; unit < 0xd800; unit++) {
      const character = String.fromCharCode(unit);
      const expected = BASIC.includes(character) ? 1 : EXTENSION.includes(character) ? 2 : null;
      const { encoding, units } = segmentsOf(character);
      expect([unit, encoding, units]).toEqual([unit, expected === null ? 'ucs2' : 'gsm7', expected ?? 1]);
    }
  });

  const gsmCharacter = fc.constantFrom(...BASIC, ...EXTENSION, ...EXTENSION);
  const anyCharacter = fc.oneof(
    gsmCharacter,
    fc.constantFrom('ж', '漢', '😀', '🙂', '𝄞', '`'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  const text = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.oneof(fc.string({ unit, maxLength: 40 }), fc.string({ unit, minLength: 60, maxLength: 340, size: 'max' }));

  it('agrees with a packing of single characters on any text', () => {
    fc.assert(
      fc.property(fc.oneof(text(gsmCharacter), text(anyCharacter)), (it) => {
        expect(segmentsOf(it)).toEqual(reference(it));
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with the calculator that a large carrier publishes', () => {
    // It counts a carriage return before a line feed, and joined emoji, as one character; networks do not, so they stay out.
    const plain = fc.oneof(
      text(fc.constantFrom(...BASIC.replace('\r', ''), ...EXTENSION)),
      text(fc.constantFrom(...BASIC.replace('\r', ''), 'ж', '漢', '😀', '𝄞', '€', '{')),
    );
    fc.assert(
      fc.property(plain, (it) => {
        const theirs = new SegmentedMessage(it);
        const { encoding, segments } = segmentsOf(it);
        expect({ encoding, segments }).toEqual({
          encoding: theirs.encodingName === 'GSM-7' ? 'gsm7' : 'ucs2',
          segments: theirs.segmentsCount,
        });
      }),
      { numRuns: 1_500 },
    );
  });
});

describe('partsOf', () => {
  const text = fc.array(fc.constantFrom(...BASIC, ...EXTENSION, 'я', '👋', '漢', '\u{1f3ff}'), { maxLength: 250 });
  const gsm = fc.array(fc.constantFrom(...BASIC, ...EXTENSION), { maxLength: 400 });

  it('cuts a text into as many parts as are counted and charged, none too long, nothing lost', () => {
    fc.assert(
      fc.property(fc.oneof(text, gsm), (characters) => {
        const whole = characters.join('');
        const { encoding, segments } = segmentsOf(whole);
        const parts = partsOf(whole, encoding);
        expect(parts).toHaveLength(segments);
        expect(parts.join('')).toBe(whole);
        expect(parts.every((part) => segmentsOf(part).segments === 1)).toBe(true);
      }),
    );
  });
  it('cuts by the encoding that it is sent in', () => {
    expect(partsOf('a'.repeat(100), 'gsm7')).toHaveLength(1);
    expect(partsOf('a'.repeat(100), 'ucs2').map(({ length }) => length)).toEqual([67, 33]);
  });
  it('cuts no pair in half', () => {
    expect(partsOf(`${'x'.repeat(152)}€${'y'.repeat(20)}`, 'gsm7')[0]).toBe('x'.repeat(152));
    expect(partsOf(`${'я'.repeat(66)}👋${'я'.repeat(20)}`, 'ucs2')[0]).toBe('я'.repeat(66));
  });
});
