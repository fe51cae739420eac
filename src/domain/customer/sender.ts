import { DomainError } from '../shared/domain-error';

/**
 * Up to 11 characters that every network carries in an alphanumeric sender: letters, digits, spaces and `& - . _` inside.
 * All are in the GSM alphabet, so a letter of another script that only looks like one of these is refused.
 */
const ALPHANUMERIC = /^[A-Za-z0-9](?:[A-Za-z0-9 &._-]{0,9}[A-Za-z0-9])?$/;
const LETTER = /[A-Za-z]/;
const SHORT_CODE = /^[0-9]{3,8}$/;
const LONG_NUMBER = /^\+[1-9][0-9]{6,14}$/;

const EXPECTED = 'must be up to 11 letters and digits of the GSM alphabet, a short code, or a number in E.164';

/**
 * A sender ID as it is registered and used: alphanumeric with at least one letter, a short code, or a number.
 * @param field named in the refusal.
 * @throws DomainError validation_failed
 */
export function checkSender(sender: string, field = 'sender_id'): string {
  const isName = ALPHANUMERIC.test(sender) && LETTER.test(sender);
  if (isName || SHORT_CODE.test(sender) || LONG_NUMBER.test(sender)) return sender;
  throw new DomainError('validation_failed', `${field} ${EXPECTED}`, [{ field, message: EXPECTED }]);
}
