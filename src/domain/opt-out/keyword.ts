/** English, and Swahili for "leave" and "take out". */
const KEYWORDS = ['STOP', 'ONDOKA', 'TOKA'] as const;
export type OptOutKeyword = (typeof KEYWORDS)[number];

/** No keyword is longer, however it is spaced out: a long text is not walked. */
const LONGEST = 64;

/** What an operator prints behind the keyword: a code to dial, which people type as it stands there. */
const OPERATOR_SUFFIX = /\*[\d*]+#?$/;
/** Safaricom's, which means the same when it is sent alone. */
const SAFARICOM_CODE = '*456*9*5#';

/** Spaces, punctuation, symbols and characters that cannot be seen. */
const AROUND = /[\s\p{P}\p{S}\p{Cf}]/gu;

/**
 * The keyword by which a text to a sender opts out; null: an ordinary text. It must stand alone, in whatever case, spaces and
 * punctuation, or with an operator's suffix behind it: `stop`, `"Toka!"`, `S T O P`, `STOP*456*9*5#`, `*456*9*5#`. A sentence
 * that only holds the word (`don't stop`, `Stop at the office`) is a person writing to a person.
 */
export function optOutKeyword(text: string): OptOutKeyword | null {
  if (text.length > LONGEST) return null;
  const typed = text.normalize('NFKC').replace(/\s/g, '');
  if (typed === SAFARICOM_CODE) return 'STOP';
  const word = typed.replace(OPERATOR_SUFFIX, '').replace(AROUND, '').toUpperCase();
  return KEYWORDS.find((keyword) => keyword === word) ?? null;
}

const withoutSpaces = (text: string): string => text.replace(/\s/g, '').toUpperCase();

/** A text to a recipient with the way to opt out at its end; as it is where it says so already, in whatever case and spaces. */
export function withOptOutText(text: string, optOutText: string): string {
  if (withoutSpaces(text).includes(withoutSpaces(optOutText))) return text;
  return /\s$/.test(text) ? `${text}${optOutText}` : `${text} ${optOutText}`;
}
