import type { Cause, Refusal, ReportMeaning } from '../../engine/fates';
import { isRecord, parseJson } from '../../json';
import type { Reply } from '../../store/inbox-store';
import type { OutgoingRequest } from '../../store/owed-store';

/** Infobip's SMS API v3 on the wire: fields, statuses and errors (`provider-contracts.md` §4). */
export interface Destination {
  /** Digits, as Infobip writes numbers. */
  readonly to: string;
  readonly messageId: string | null;
  readonly sender: string;
  readonly text: string;
  readonly callbackData: string | null;
  readonly reportUrl: string | null;
}

export const JSON_TYPE = 'application/json; charset=utf-8';
const GROUPS = ['OK', 'PENDING', 'UNDELIVERABLE', 'DELIVERED', 'EXPIRED', 'REJECTED'];

/** Status ids: group and name. */
const STATUSES: Readonly<Record<number, readonly [group: number, name: string]>> = {
  2: [3, 'DELIVERED_TO_OPERATOR'],
  3: [1, 'PENDING_WAITING_DELIVERY'],
  4: [2, 'UNDELIVERABLE_REJECTED_OPERATOR'],
  5: [3, 'DELIVERED_TO_HANDSET'],
  6: [5, 'REJECTED_NETWORK'],
  7: [1, 'PENDING_ENROUTE'],
  8: [5, 'REJECTED_PREFIX_MISSING'],
  9: [2, 'UNDELIVERABLE_NOT_DELIVERED'],
  10: [5, 'REJECTED_DND'],
  11: [5, 'REJECTED_SOURCE'],
  12: [5, 'REJECTED_NOT_ENOUGH_CREDITS'],
  13: [5, 'REJECTED_SENDER'],
  14: [5, 'REJECTED_DESTINATION'],
  15: [4, 'EXPIRED_EXPIRED'],
  17: [5, 'REJECTED_PREPAID_PACKAGE_EXPIRED'],
  18: [5, 'REJECTED_DESTINATION_NOT_REGISTERED'],
  19: [5, 'REJECTED_ROUTE_NOT_AVAILABLE'],
  20: [5, 'REJECTED_FLOODING_FILTER'],
  21: [5, 'REJECTED_SYSTEM_ERROR'],
  23: [5, 'REJECTED_DUPLICATE_MESSAGE_ID'],
  24: [5, 'REJECTED_INVALID_UDH'],
  25: [5, 'REJECTED_MESSAGE_TOO_LONG'],
  26: [1, 'PENDING_ACCEPTED'],
  29: [4, 'EXPIRED_DLR_UNKNOWN'],
  31: [2, 'UNDELIVERABLE_NOT_SENT'],
  51: [5, 'MISSING_TO'],
  52: [5, 'REJECTED_DESTINATION'],
  87: [5, 'REJECTED_SIGNALS_BLOCKED'],
  100: [5, 'REJECTED_PLATFORM'],
};
export const ACCEPTED = 26;
export const DUPLICATE = 23;
export const INVALID_DESTINATION = 52;
export const REFUSAL_STATUSES: Readonly<Record<Refusal, number>> = { no_route: 19, opted_out: 14, temporary: 21 };

/** Error ids of reports: group, name and what Infobip says of its permanence. */
const ERRORS: Readonly<Record<number, readonly [group: number, name: string, permanent: boolean]>> = {
  0: [0, 'NO_ERROR', false],
  1: [1, 'EC_UNKNOWN_SUBSCRIBER', true],
  9: [1, 'EC_ILLEGAL_SUBSCRIBER', true],
  27: [1, 'EC_ABSENT_SUBSCRIBER', false],
  255: [3, 'EC_UNKNOWN_ERROR', false],
  256: [1, 'EC_SM_DF_memoryCapacityExceeded', false],
  500: [3, 'EC_PROVIDER_GENERAL_ERROR', false],
  603: [2, 'EC_USER_OPTED_OUT', true],
  628: [1, 'EC_TEMPORARY_HANDSET_FAILURE', true],
  2048: [3, 'EC_TIME_OUT', false],
  2050: [2, 'EC_BLOCKLISTED', true],
  4101: [3, 'EC_VALIDITY_EXPIRED', false],
  4103: [3, 'EC_FLOODING', false],
};

/** The destinations of a send, or what is wrong with it. */
export function readSend(body: string): readonly Destination[] | { property: string; violation: string } {
  const sent = parseJson(body);
  const messages = isRecord(sent) ? sent['messages'] : undefined;
  if (!Array.isArray(messages) || messages.length === 0) return wrong('messages', 'must not be empty');
  const all: Destination[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const { destinations, content, sender, webhooks } = isRecord(message) ? message : {};
    const text = isRecord(content) ? content['text'] : undefined;
    if (!Array.isArray(destinations) || destinations.length === 0)
      return wrong(`${at}.destinations`, 'must not be empty');
    if (typeof text !== 'string' || text === '') return wrong(`${at}.content.text`, 'must not be empty');
    const delivery = isRecord(webhooks) && isRecord(webhooks['delivery']) ? webhooks['delivery'] : {};
    for (const destination of destinations) {
      const { to, messageId } = isRecord(destination) ? destination : {};
      if (typeof to !== 'string' || to === '' || to.length > 64) return wrong(`${at}.destinations`, 'must have a to');
      if (typeof messageId === 'string' && messageId.length > 200)
        return wrong(`${at}.destinations`, 'messageId is too long');
      all.push({
        to,
        text,
        messageId: typeof messageId === 'string' ? messageId : null,
        sender: typeof sender === 'string' ? sender : 'InfoSMS',
        callbackData:
          isRecord(webhooks) && typeof webhooks['callbackData'] === 'string' ? webhooks['callbackData'] : null,
        reportUrl: typeof delivery['url'] === 'string' ? delivery['url'] : null,
      });
    }
  }
  return all;
}

/** One entry of the answer's `messages`. */
export function answered(destination: string, messageId: string, id: number, segments: number): object {
  return { messageId, destination, status: status(id), details: { messageCount: segments } };
}

/** The body of an answer with an HTTP error status. */
export function errorBody(httpStatus: number, description: string, violations: object[] = []): string {
  return JSON.stringify({
    errorCode: `E${httpStatus}`,
    description,
    action: 'Check the request',
    violations,
    resources: [],
  });
}

export interface Reported {
  readonly messageId: string;
  readonly destination: Destination;
  readonly segments: number;
  readonly bulkId: string;
}

/** A delivery report as the webhook's JSON. */
export function writeReport(
  { messageId, destination, segments, bulkId }: Reported,
  meaning: ReportMeaning,
): OutgoingRequest {
  const { statusId, errorId } = reportIds(meaning);
  const { to, sender, callbackData, reportUrl } = destination;
  const now = new Date();
  const result = {
    bulkId,
    messageId,
    to,
    sender,
    sentAt: stamp(now),
    doneAt: stamp(now),
    messageCount: segments,
    mccMnc: '63902',
    ...(callbackData === null ? {} : { callbackData }),
    price: { pricePerMessage: 0.01, currency: 'EUR' },
    status: status(statusId),
    error: error(errorId),
  };
  const body = JSON.stringify({ results: [result] });
  return { target: 'reports', contentType: JSON_TYPE, body, ...(reportUrl === null ? {} : { url: reportUrl }) };
}

/** An inbound text as the webhook's JSON. */
export function writeInbound(text: Reply): OutgoingRequest {
  const result = {
    messageId: text.id,
    from: digits(text.from),
    to: digits(text.to) || text.to,
    text: text.body,
    cleanText: text.body,
    keyword: '',
    receivedAt: stamp(new Date(text.sent_at)),
    smsCount: 1,
    price: { pricePerMessage: 0, currency: 'EUR' },
    callbackData: '',
  };
  const body = JSON.stringify({ results: [result], messageCount: 1, pendingMessageCount: 0 });
  return { target: 'inbound', contentType: JSON_TYPE, body };
}

/** A reason of our own is an error id, or a status id written `status-15`. */
function reportIds(meaning: ReportMeaning): { statusId: number; errorId: number } {
  if (meaning.kind === 'delivered') return { statusId: 5, errorId: 0 };
  if (meaning.kind === 'in_transit') return { statusId: meaning.step === 'sent' ? 2 : 3, errorId: 0 };
  return undelivered(meaning.cause);
}

function undelivered(cause: Cause): { statusId: number; errorId: number } {
  if ('own' in cause) {
    const statusId = Number(/^status-(\d{1,4})$/.exec(cause.own)?.[1] ?? 0);
    return statusId > 0 ? { statusId, errorId: 0 } : { statusId: 9, errorId: Number(cause.own) || 255 };
  }
  return { statusId: 9, errorId: { unknown_subscriber: 1, absent: 27, failed: 500 }[cause.known] };
}

function status(id: number): object {
  const [groupId, name] = STATUSES[id] ?? [5, `REJECTED_${id}`];
  return { groupId, groupName: GROUPS[groupId], id, name, description: name.toLowerCase().replaceAll('_', ' ') };
}

function error(id: number): object {
  const [groupId, name, permanent] = ERRORS[id] ?? [3, `EC_${id}`, false];
  return { groupId, groupName: ['OK', 'HANDSET', 'USER', 'OPERATOR'][groupId], id, name, description: name, permanent };
}

/** `2026-01-02T00:04:05.120+0000`: without a colon in the offset. */
function stamp(date: Date): string {
  return date.toISOString().replace('Z', '+0000');
}

function digits(number: string): string {
  return number.startsWith('+') ? number.slice(1) : number;
}

function wrong(property: string, violation: string): { property: string; violation: string } {
  return { property, violation };
}
