import type { MessageFilter } from '../../application/ports/message-reads';
import type { NumberingPlan } from '../../application/ports/numbering-plan';
import { isInboundNumber } from '../../domain/inbound/address';
import { parsePhone } from '../../domain/message/phone';
import { DomainError } from '../../domain/shared/domain-error';
import { instantOf, invalid } from './instants';
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
    ...(query.to === undefined ? {} : { to: toOf(query.to, query.direction, plan) }),
    ...(query.direction === undefined ? {} : { direction: query.direction }),
    ...(query.client_reference === undefined ? {} : { clientReference: referenceOf(query.client_reference) }),
    ...(query.batch_id === undefined ? {} : { batchId: query.batch_id }),
    ...(query.created_from === undefined ? {} : { createdFrom: instantOf('created_from', query.created_from) }),
    ...(query.created_to === undefined ? {} : { createdTo: instantOf('created_to', query.created_to) }),
  };
}

function toOf(text: string, direction: ListMessagesDto['direction'], plan: NumberingPlan): string {
  const number = text.replace(/^ /, '+');
  return direction === 'inbound' && isInboundNumber(number) ? number : phoneInQuery('to', text, plan);
}

/** E.164. @throws DomainError invalid_parameter */
export function phoneInQuery(field: string, text: string, plan: NumberingPlan): string {
  try {
    return parsePhone(text.replace(/^ /, '+'), plan.foreign, field).e164;
  } catch (error) {
    if (error instanceof DomainError) throw invalid(error.fields[0] ?? { field, message: error.detail });
    throw error;
  }
}

/** No message has a reference with U+0000, since bodies with it are refused, and Postgres has no text that holds it. */
function referenceOf(text: string): string {
  if (!text.includes('\0')) return text;
  throw invalid({ field: 'client_reference', message: 'must not contain the character U+0000' });
}
