import { buildMessage, isRFC3339, ValidateBy } from 'class-validator';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';

const MUST_BE = 'must be a valid RFC 3339 date and time';

/** Whether a text is an instant as RFC 3339 writes it, with any offset. */
export const isInstant = (text: unknown): text is string =>
  typeof text === 'string' && isRFC3339(text) && isDayOfCalendar(text) && !Number.isNaN(Date.parse(text));

/** The same instant in UTC, to the millisecond. */
export const utcOf = (instant: string): string => new Date(instant).toISOString();

/** A member of a body that is an instant. */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: { validate: isInstant, defaultMessage: buildMessage((each) => `${each}$property ${MUST_BE}`) },
  });

/** How far clocks may differ. Milliseconds. */
const CLOCKS_APART_MS = 5_000;

/**
 * An instant of a query, as ISO in UTC. A plus sign in a query is a space by the time it gets here: before an offset of time
 * it is put back.
 * @throws DomainError invalid_parameter
 */
export function instantOf(field: string, text: string): string {
  const whole = text.replace(/ (?=\d{2}:\d{2}$)/, '+');
  if (!isInstant(whole)) throw invalid({ field, message: MUST_BE });
  return utcOf(whole);
}

/** An instant that lies behind us: what was known at one still to come, nobody can say. @throws DomainError invalid_parameter */
export function pastInstantOf(field: string, text: string, nowMs: number): string {
  const instant = instantOf(field, text);
  if (Date.parse(instant) <= nowMs + CLOCKS_APART_MS) return instant;
  throw invalid({ field, message: 'must not lie in the future' });
}

/** The parser takes the 30th of February for the 2nd of March. */
function isDayOfCalendar(instant: string): boolean {
  const day = instant.slice(0, 10);
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

export const invalid = (field: FieldError): DomainError =>
  new DomainError('invalid_parameter', 'The request has parameters that cannot be accepted.', [field]);
