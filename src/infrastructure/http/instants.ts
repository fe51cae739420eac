import { isRFC3339 } from 'class-validator';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';

/** How far clocks may differ. Milliseconds. */
const CLOCKS_APART_MS = 5_000;

/**
 * An instant of a query, as ISO in UTC. A plus sign in a query is a space by the time it gets here: before an offset of time
 * it is put back.
 * @throws DomainError invalid_parameter
 */
export function instantOf(field: string, text: string): string {
  const whole = text.replace(/ (?=\d{2}:\d{2}$)/, '+');
  const ms = isRFC3339(whole) && isDayOfCalendar(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid({ field, message: 'must be a valid RFC 3339 date and time' });
  return new Date(ms).toISOString();
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
