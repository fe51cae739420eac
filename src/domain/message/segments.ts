import type { Encoding } from './events';

/** 3GPP TS 23.038 §6.2.1, the default alphabet in the order of its codes; code 0x1B (escape) stands for no character. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** §6.2.1.1: each is sent as the escape code and its own, so it takes two units. */
const EXTENSION = '\f^{}\\[~]|€';

/** Units that a UTF-16 code unit takes in GSM-7; 0: it is not in the alphabet. One byte each, so that a look-up is one load. */
const GSM7_UNITS = new Uint8Array(65_536);
for (const character of BASIC) GSM7_UNITS[character.charCodeAt(0)] = 1;
for (const character of EXTENSION) GSM7_UNITS[character.charCodeAt(0)] = 2;

/** Whether all of a text is in the alphabet. */
export function isGsm7(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (GSM7_UNITS[text.charCodeAt(i)] === 0) return false;
  return true;
}

/** Units in a message of one part, and in each part of a longer one (the header that joins them takes the rest). */
const CAPACITY = { gsm7: { single: 160, part: 153 }, ucs2: { single: 70, part: 67 } } as const;

export interface Segmentation {
  readonly encoding: Encoding;
  /** Parts that the network sends and charges; at least 1. */
  readonly segments: number;
  /** Septets (an extension character is two) or UTF-16 code units (a character beyond U+FFFF is two). */
  readonly units: number;
}

/**
 * How a text travels: GSM-7 where every character is in its alphabet, else UCS-2, and in how many parts. A pair (escape
 * and character, or two surrogates) is never cut in half by the end of a part.
 */
export function segmentsOf(text: string): Segmentation {
  const length = text.length;
  let units = 0;
  for (let i = 0; i < length; i++) {
    const taken = GSM7_UNITS[text.charCodeAt(i)] ?? 0;
    if (taken === 0) return ucs2SegmentsOf(text);
    units += taken;
  }
  if (units <= CAPACITY.gsm7.single) return { encoding: 'gsm7', segments: 1, units };
  let segments = 1;
  let used = 0;
  for (let i = 0; i < length; i++) {
    const taken = GSM7_UNITS[text.charCodeAt(i)] ?? 0;
    if (used + taken > CAPACITY.gsm7.part) {
      segments += 1;
      used = 0;
    }
    used += taken;
  }
  return { encoding: 'gsm7', segments, units };
}

function ucs2SegmentsOf(text: string): Segmentation {
  const units = text.length;
  if (units <= CAPACITY.ucs2.single) return { encoding: 'ucs2', segments: 1, units };
  let segments = 0;
  for (let at = 0; at < units; segments++) {
    at += CAPACITY.ucs2.part;
    if (at < units && isHighSurrogate(text.charCodeAt(at - 1)) && isLowSurrogate(text.charCodeAt(at))) at -= 1;
  }
  return { encoding: 'ucs2', segments, units };
}

const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

/**
 * The text of each part, as `segmentsOf` counts them, for whoever has to cut it himself; one part where it fits.
 * `encoding`: how the text travels, which for one of GSM-7 only may still be UCS-2.
 */
export function partsOf(text: string, encoding: Encoding): string[] {
  const { single, part } = CAPACITY[encoding];
  const unitsOf = (character: string): number =>
    encoding === 'ucs2' ? character.length : (GSM7_UNITS[character.charCodeAt(0)] ?? 0);
  const characters = [...text].map((character) => ({ character, units: unitsOf(character) }));
  if (characters.reduce((sum, { units }) => sum + units, 0) <= single) return [text];
  const parts: string[] = [];
  let current = '';
  let used = 0;
  for (const { character, units } of characters) {
    if (used + units > part) {
      parts.push(current);
      current = '';
      used = 0;
    }
    current += character;
    used += units;
  }
  return [...parts, current];
}
