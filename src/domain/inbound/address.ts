const SHORT_CODE = /^[0-9]{3,8}$/;
const LONG_NUMBER = /^\+[1-9][0-9]{6,14}$/;
/** A number in full, as providers write it that leave out the plus. */
const WITHOUT_PLUS = /^[1-9][0-9]{8,14}$/;
/** What a network may call a sender or a destination besides. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 &._-]{0,19}$/;

/** Whether a customer can be given it: a short code, or a number in E.164. */
export const isInboundNumber = (text: string): boolean => SHORT_CODE.test(text) || LONG_NUMBER.test(text);

/**
 * A destination as a provider names it, in the one form that assignments are made in; null where it is none. Digits without a
 * plus are a short code up to eight of them, and a number from nine on.
 */
export function addressOf(text: string): string | null {
  const trimmed = text.trim();
  if (isInboundNumber(trimmed)) return trimmed;
  if (WITHOUT_PLUS.test(trimmed)) return `+${trimmed}`;
  return NAME.test(trimmed) ? trimmed : null;
}

const WORDS = /[\p{L}\p{N}]+/gu;

/** The first words of a text as keywords are compared: capital letters and digits of any script. */
export const firstWords = (text: string, count: number): readonly string[] =>
  Array.from(text.slice(0, 200).matchAll(WORDS), ([word]) => word.toUpperCase()).slice(0, count);
