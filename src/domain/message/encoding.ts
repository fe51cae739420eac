import { isGsm7 } from './segments';

/**
 * `auto`: as it is, GSM-7 where it fits. `strict`: GSM-7 or refused. `transliterate`: characters with a common equivalent in
 * GSM-7 are replaced; what has none stays, and the message travels as UCS-2.
 */
export type EncodingWish = 'auto' | 'strict' | 'transliterate';

/** A character that is not in the GSM-7 alphabet. */
export interface OffendingCharacter {
  readonly character: string;
  /** `U+2019` */
  readonly codePoint: string;
  /** What transliteration makes of it; null: nothing. */
  readonly replacement: string | null;
}

/** What word processors and phones put in place of what was typed, and letters without an accented form in GSM-7. */
const EQUIVALENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '‘': "'",
    '’': "'",
    '‚': "'",
    '‛': "'",
    '′': "'",
    '`': "'",
    '´': "'",
    ʼ: "'",
    '“': '"',
    '”': '"',
    '„': '"',
    '‟': '"',
    '″': '"',
    '«': '"',
    '»': '"',
    '‐': '-',
    '‑': '-',
    '‒': '-',
    '–': '-',
    '—': '-',
    '―': '-',
    '−': '-',
    '⁃': '-',
    '…': '...',
    '•': '*',
    '·': '.',
    '×': 'x',
    '÷': '/',
    '⁄': '/',
    '‹': '<',
    '›': '>',
    '\u00a0': ' ',
    '\u2002': ' ',
    '\u2003': ' ',
    '\u2007': ' ',
    '\u2009': ' ',
    '\u202f': ' ',
    '\u3000': ' ',
    '\t': ' ',
    '\u200b': '',
    '\u200c': '',
    '\u200d': '',
    '\u2060': '',
    '\ufeff': '',
    '\u00ad': '',
    ł: 'l',
    Ł: 'L',
    đ: 'd',
    Đ: 'D',
    ħ: 'h',
    Ħ: 'H',
    ı: 'i',
    œ: 'oe',
    Œ: 'OE',
    ð: 'd',
    Ð: 'D',
    þ: 'th',
    Þ: 'TH',
    '™': 'TM',
    '©': '(c)',
    '®': '(R)',
    '½': '1/2',
    '¼': '1/4',
    '¾': '3/4',
    '№': 'No',
  }),
);

const COMBINING = /\p{Mark}/gu;

/** Null where GSM-7 has nothing like it. */
function equivalentOf(character: string): string | null {
  const known = EQUIVALENTS.get(character);
  if (known !== undefined) return known;
  const composed = character.normalize('NFC');
  if (composed !== character && isGsm7(composed)) return composed;
  const plain = character.normalize('NFKD').replace(COMBINING, '');
  return plain !== character && plain !== '' && isGsm7(plain) ? plain : null;
}

/** Each once, in the order in which they come; at most `most`. */
export function offendingCharacters(text: string, most = 50): OffendingCharacter[] {
  const found = new Map<string, OffendingCharacter>();
  for (const character of text) {
    if (found.size >= most) break;
    if (isGsm7(character) || found.has(character)) continue;
    const codePoint = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    found.set(character, { character, codePoint, replacement: equivalentOf(character) });
  }
  return [...found.values()];
}

/** Combining marks are first joined to their letters, so that an accent that GSM-7 has is kept. */
export function transliterate(text: string): string {
  let result = '';
  for (const character of text.normalize('NFC'))
    result += isGsm7(character) ? character : (equivalentOf(character) ?? character);
  return result;
}
