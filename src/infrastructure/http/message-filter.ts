import { isRFC3339 } from 'class-validator';
import type { MessageFilter } from '../../application/ports/message-reads';
import type { NumberingPlan } from '../../application/ports/numbering-plan';
import { parsePhone } from '../../domain/message/phone';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';
import type { ListMessagesDto } from './list-messages.dto';

/**
 * The filter that a query asks for. A plus sign in a query is a space by the time it gets here: before a number, and before
 * an offset of time, it is put back.
 * @throws DomainError invalid_parameter
 */
export function filterOf(query: ListMessagesDto, plan: NumberingPlan): MessageFilter {
  return {
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.channel === undefined ? {} : { channel: query.channel }),
    ...(query.to === undefined ? {} : { to: phoneOf(query.to, plan) }),
    ...(query.direction === undefined ? {} : { direction: query.direction }),
    ...(query.client_reference === undefined ? {} : { clientReference: referenceOf(query.client_reference) }),
    ...(query.created_from === undefined ? {} : { createdFrom: instantOf('created_from', query.created_from) }),
    ...(query.created_to === undefined ? {} : { createdTo: instantOf('created_to', query.created_to) }),
  };
}

function phoneOf(text: string, plan: NumberingPlan): string {
  try {
    return parsePhone(text.replace(/^ /, '+'), plan.foreign).e164;
  } catch (error) {
    if (error instanceof DomainError) throw invalid(error.fields[0] ?? { field: 'to', message: error.detail });
    throw error;
  }
}

/** No message has a reference with U+0000, since bodies with it are refused, and Postgres has no text that holds it. */
function referenceOf(text: string): string {
  if (!text.includes('\0')) return text;
  throw invalid({ field: 'client_reference', message: 'must not contain the character U+0000' });
}

function instantOf(field: string, text: string): string {
  const whole = text.replace(/ (?=\d{2}:\d{2}$)/, '+');
  const ms = isRFC3339(whole) && isDayOfCalendar(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid({ field, message: 'must be a valid RFC 3339 date and time' });
  return new Date(ms).toISOString();
}

/** The parser takes the 30th of February for the 2nd of March. */
function isDayOfCalendar(instant: string): boolean {
  const day = instant.slice(0, 10);
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

const invalid = (field: FieldError): DomainError =>
  new DomainError('invalid_parameter', 'The request has parameters that cannot be accepted.', [field]);
