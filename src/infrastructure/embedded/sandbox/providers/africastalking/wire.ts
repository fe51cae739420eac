import type { Cause, Refusal, ReportMeaning } from '../../engine/fates';
import { isRecord, parseJson } from '../../json';
import type { OutgoingRequest } from '../../store/owed-store';

/** Africa's Talking's legacy messaging on the wire: fields, codes and the two answer formats (`provider-contracts.md` §2). */
export interface SendForm {
  username: string;
  to: string[];
  message: string;
  from: string;
}

export interface RecipientAnswer {
  statusCode: number;
  number: string;
  status: string;
  /** With currency, e.g. `KES 0.8000`; `0` for a recipient that was refused. */
  cost: string;
  /** The string `None` for a recipient that was refused. */
  messageId: string;
}

export interface SendAnswer {
  Message: string;
  Recipients: RecipientAnswer[];
}

export const FORM = 'application/x-www-form-urlencoded';
export const DEFAULT_SENDER = 'AFRICASTKNG';
export const PRICE_PER_SEGMENT_KES = 0.8;
export const CODE_NAMES: Readonly<Record<number, string>> = {
  101: 'Success',
  401: 'RiskHold',
  402: 'InvalidSenderId',
  403: 'InvalidPhoneNumber',
  404: 'UnsupportedNumberType',
  405: 'InsufficientBalance',
  406: 'UserInBlacklist',
  407: 'CouldNotRoute',
  409: 'DoNotDisturbRejection',
  500: 'InternalServerError',
  501: 'GatewayError',
  502: 'RejectedByGateway',
};
export const REFUSAL_CODES: Readonly<Record<Refusal, number>> = { no_route: 407, opted_out: 406, temporary: 500 };

/** Reads the form of a send, or says which required field is missing. */
export function readSendForm(body: string): SendForm | { missing: string } {
  const form = new URLSearchParams(body);
  const username = form.get('username') ?? '';
  const message = form.get('message') ?? '';
  const to = (form.get('to') ?? '')
    .split(',')
    .map((number) => number.trim())
    .filter((number) => number !== '');
  if (username === '') return { missing: 'username' };
  if (to.length === 0) return { missing: 'to' };
  if (message === '') return { missing: 'message' };
  return { username, to, message, from: form.get('from') || DEFAULT_SENDER };
}

/** Reads the JSON of a send to the bulk endpoint, or says which required field is missing. */
export function readSendJson(body: string): SendForm | { missing: string } {
  const sent = parseJson(body);
  if (!isRecord(sent)) return { missing: 'username' };
  const { username, message, senderId, phoneNumbers } = sent;
  const to = Array.isArray(phoneNumbers) ? phoneNumbers.filter((number) => typeof number === 'string') : [];
  if (typeof username !== 'string' || username === '') return { missing: 'username' };
  if (to.length === 0) return { missing: 'phoneNumbers' };
  if (typeof message !== 'string' || message === '') return { missing: 'message' };
  return { username, to, message, from: typeof senderId === 'string' && senderId !== '' ? senderId : DEFAULT_SENDER };
}

export function accepted(number: string, segments: number, messageId: string): RecipientAnswer {
  return { statusCode: 101, number, status: 'Success', cost: kes(PRICE_PER_SEGMENT_KES * segments), messageId };
}

export function refused(number: string, statusCode: number): RecipientAnswer {
  return { statusCode, number, status: CODE_NAMES[statusCode] ?? 'Unknown', cost: '0', messageId: 'None' };
}

export function answer(recipients: RecipientAnswer[], totalSegments: number): SendAnswer {
  const sent = recipients.filter((recipient) => recipient.statusCode === 101).length;
  const cost = kes(PRICE_PER_SEGMENT_KES * totalSegments);
  return { Message: `Sent to ${sent}/${recipients.length} Total Cost: ${cost}`, Recipients: recipients };
}

/** JSON when it is asked for, else XML, as the real endpoint does. */
export function writeAnswer(data: SendAnswer, accept: string | undefined): { contentType: string; body: string } {
  if (accept?.includes('application/json') === true)
    return { contentType: 'application/json; charset=utf-8', body: JSON.stringify({ SMSMessageData: data }) };
  const recipients = data.Recipients.map(
    (recipient) =>
      `<Recipient><number>${escapeXml(recipient.number)}</number><cost>${recipient.cost}</cost>` +
      `<status>${recipient.status}</status><statusCode>${recipient.statusCode}</statusCode>` +
      `<messageId>${recipient.messageId}</messageId></Recipient>`,
  );
  const body =
    `<?xml version="1.0" encoding="UTF-8"?><AfricasTalkingResponse><SMSMessageData>` +
    `<Message>${escapeXml(data.Message)}</Message><Recipients>${recipients.join('')}</Recipients>` +
    `</SMSMessageData></AfricasTalkingResponse>`;
  return { contentType: 'application/xml; charset=utf-8', body };
}

/** A delivery report as the form that Africa's Talking posts. */
export function writeReport(id: string, phoneNumber: string, meaning: ReportMeaning): OutgoingRequest {
  const { status, failureReason } = reportStatus(meaning);
  const form = new URLSearchParams({ id, status, phoneNumber, networkCode: networkCode(phoneNumber) });
  if (failureReason !== undefined) form.set('failureReason', failureReason);
  return { target: 'reports', contentType: FORM, body: form.toString() };
}

/** An inbound text as the form that Africa's Talking posts. */
export function writeInbound(text: {
  id: string;
  from: string;
  to: string;
  body: string;
  sent_at: string;
}): OutgoingRequest {
  const form = new URLSearchParams({
    date: text.sent_at,
    from: text.from,
    id: text.id,
    linkId: '',
    text: text.body,
    to: text.to,
    cost: '0',
    networkCode: networkCode(text.from),
  });
  return { target: 'inbound', contentType: FORM, body: form.toString() };
}

/** A word to stop, sent to a sender that is a name. */
export function isOptOut({ to, body }: { to: string; body: string }): boolean {
  return /[a-z]/i.test(to) && /^\s*(stop|ondoka|toka)\b/i.test(body);
}

/** Who wants no more of a sender, as the form that Africa's Talking posts. */
export function writeOptOut({ from, to }: { from: string; to: string }): OutgoingRequest {
  const form = new URLSearchParams({ senderId: to, phoneNumber: from });
  return { target: 'opt_outs', contentType: FORM, body: form.toString() };
}

const STATUS_WORDS: readonly string[] = ['Rejected', 'AbsentSubscriber', 'Expired', 'Failed'];

function reportStatus(meaning: ReportMeaning): { status: string; failureReason?: string } {
  if (meaning.kind === 'delivered') return { status: 'Success' };
  if (meaning.kind === 'in_transit') return { status: meaning.step === 'sent' ? 'Sent' : 'Submitted' };
  return undeliveredStatus(meaning.cause);
}

/** A reason that is itself a status is reported as one; any other is a failure for that reason. */
function undeliveredStatus(cause: Cause): { status: string; failureReason?: string } {
  if ('own' in cause) {
    if (STATUS_WORDS.includes(cause.own)) return { status: cause.own };
    return { status: 'Failed', failureReason: cause.own };
  }
  switch (cause.known) {
    case 'absent':
      return { status: 'AbsentSubscriber' };
    case 'unknown_subscriber':
      return { status: 'Failed', failureReason: 'UserDoesNotExist' };
    case 'failed':
      return { status: 'Failed', failureReason: 'DeliveryFailure' };
  }
}

/** By number range; ported numbers are beyond a simulator. */
export function networkCode(number: string): string {
  if (/^\+254(?:73|78|10)/.test(number)) return '63903';
  if (/^\+25477/.test(number)) return '63907';
  if (/^\+25476[3-6]/.test(number)) return '63999';
  return number.startsWith('+254') ? '63902' : '99999';
}

function kes(amount: number): string {
  return `KES ${amount.toFixed(4)}`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
