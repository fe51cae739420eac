import { DomainError } from '../shared/domain-error';

/** A number that a text can be sent to. */
export interface Phone {
  /** `+` and digits. */
  readonly e164: string;
  /** ISO 3166 alpha-2. */
  readonly country: string;
}

/** What a number outside Kenya is. `invalid`: not assigned, or of a wrong length. */
export type ForeignNumber =
  { readonly kind: 'mobile' | 'premium' | 'not_mobile'; readonly country: string } | { readonly kind: 'invalid' };

/** Knows the numbering plans of the world; `e164` is `+` and digits and does not begin with +254. */
export type ForeignNumbers = (e164: string) => ForeignNumber;

/** Longer than any number with all its spaces and brackets. */
const MAX_TEXT = 40;
const SEPARATORS = /[ ()-]/g;
/** `+` and digits, or Kenyan 254…, 07…, 01…; nothing else is a number, least of all digits of another script. */
const INTERNATIONAL = /^\+([1-9][0-9]{6,14})$/;
const KENYAN = /^(?:254|0(?=[17]))([0-9]{9})$/;

/**
 * Kenya's mobile prefixes (the three digits after +254) in the public numbering plan: all of 7xx, and of 1xx what is
 * assigned. Ends are inclusive.
 */
const KENYAN_MOBILE: readonly (readonly [number, number])[] = [
  [100, 108],
  [110, 119],
  [120, 121],
  [124, 124],
  [130, 130],
  [135, 139],
  [140, 146],
  [180, 189],
  [700, 799],
];
const isKenyanMobile = new Uint8Array(1_000);
for (const [first, last] of KENYAN_MOBILE) isKenyanMobile.fill(1, first, last + 1);

/** Kenya's premium numbers: 900 and six digits. */
const KENYAN_PREMIUM = /^900[0-9]{6}$/;

/**
 * A phone number as people write it: `+` and digits, or Kenyan 254…, 07…, 01…; spaces, hyphens and brackets are allowed.
 * @param field named in the refusal.
 * @throws DomainError validation_failed where it is no mobile number, destination_not_allowed where it is a premium one.
 */
export function parsePhone(text: string, foreign: ForeignNumbers, field = 'to'): Phone {
  if (text.length > MAX_TEXT) throw invalid(field);
  const compact = text.replace(SEPARATORS, '');
  const kenyan = KENYAN.exec(compact)?.[1];
  if (kenyan !== undefined) return kenyanPhone(kenyan, field);
  const digits = INTERNATIONAL.exec(compact)?.[1];
  if (digits === undefined) throw invalid(field);
  if (digits.startsWith('254')) return kenyanPhone(digits.slice(3), field);
  const e164 = `+${digits}`;
  const number = foreign(e164);
  if (number.kind === 'mobile') return { e164, country: number.country };
  if (number.kind === 'premium') throw premium();
  throw invalid(field);
}

/** `national`: the digits after +254. */
function kenyanPhone(national: string, field: string): Phone {
  if (KENYAN_PREMIUM.test(national)) throw premium();
  if (national.length !== 9 || isKenyanMobile[Number(national.slice(0, 3))] !== 1) throw invalid(field);
  return { e164: `+254${national}`, country: 'KE' };
}

const EXPECTED = 'must be a mobile number: + and digits, or Kenyan 254…, 07… or 01…';

const invalid = (field: string): DomainError =>
  new DomainError('validation_failed', `${field} ${EXPECTED}`, [{ field, message: EXPECTED }]);

const premium = (): DomainError =>
  new DomainError('destination_not_allowed', 'Messages to premium numbers are not allowed.');
