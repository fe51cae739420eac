import { createHmac } from 'node:crypto';
import type { Cause, Refusal, ReportMeaning } from '../../engine/fates';
import type { Reply } from '../../store/inbox-store';
import type { OutgoingRequest } from '../../store/owed-store';

/** Twilio's Messages resource on the wire (`provider-contracts.md` §3). */
export interface Message {
  readonly sid: string;
  readonly accountSid: string;
  /** E.164. */
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly segments: number;
  readonly createdMs: number;
  /** The address named for reports, without its fragment. */
  readonly statusCallback: string | null;
}

export const FORM = 'application/x-www-form-urlencoded; charset=UTF-8';
export const JSON_TYPE = 'application/json;charset=utf-8';
export const API_VERSION = '2010-04-01';
export const REFUSAL_CODES: Readonly<Record<Refusal, number>> = { no_route: 21612, opted_out: 21610, temporary: 20429 };

/** Codes that come with another status than 400. */
const HTTP_STATUSES: Readonly<Record<number, number>> = {
  14107: 429,
  20003: 401,
  20008: 403,
  20404: 404,
  20429: 429,
  21610: 400,
};

export function httpStatusOf(code: number): number {
  return HTTP_STATUSES[code] ?? 400;
}

export function errorBody(code: number, status: number): string {
  return JSON.stringify({
    code,
    message: `Simulated error ${code}`,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  });
}

/** The resource as it is answered; numbers of segments are strings here. */
export function resource(message: Message, failure: number | null = null): object {
  const { sid, accountSid, to, from, body, segments, createdMs } = message;
  const date = new Date(createdMs).toUTCString().replace('GMT', '+0000');
  const uri = `/${API_VERSION}/Accounts/${accountSid}/Messages/${sid}`;
  return {
    sid,
    account_sid: accountSid,
    messaging_service_sid: null,
    from,
    to,
    body,
    num_segments: String(segments),
    num_media: '0',
    status: failure === null ? 'queued' : 'failed',
    direction: 'outbound-api',
    error_code: failure,
    error_message: failure === null ? null : 'Simulated',
    price: null,
    price_unit: 'USD',
    date_created: date,
    date_updated: date,
    date_sent: null,
    api_version: API_VERSION,
    uri: `${uri}.json`,
    subresource_uris: { media: `${uri}/Media.json` },
  };
}

export interface Signing {
  readonly authToken: string;
  /** Signs with another token. */
  readonly badly: boolean;
}

/** A status callback, signed over the address that the application named. */
export function writeReport(
  { sid, accountSid, to, from, statusCallback }: Message,
  url: string,
  meaning: ReportMeaning,
  signing: Signing,
): OutgoingRequest {
  const { status, errorCode } = reported(meaning);
  const form = {
    MessageSid: sid,
    SmsSid: sid,
    MessageStatus: status,
    SmsStatus: status,
    To: to,
    From: from,
    AccountSid: accountSid,
    ApiVersion: API_VERSION,
    ...(errorCode === null ? {} : { ErrorCode: errorCode }),
  };
  return outgoing('reports', statusCallback ?? url, form, signing);
}

/** An inbound text as the form that Twilio posts. */
export function writeInbound(text: Reply, accountSid: string, url: string, signing: Signing): OutgoingRequest {
  const sid = `SM${text.id.replace(/\D/g, '').padStart(32, '0').slice(-32)}`;
  const form = {
    MessageSid: sid,
    SmsSid: sid,
    AccountSid: accountSid,
    From: text.from,
    To: text.to,
    Body: text.body,
    NumMedia: '0',
    NumSegments: '1',
    SmsStatus: 'received',
    ApiVersion: API_VERSION,
  };
  return outgoing('inbound', url, form, signing);
}

/** HMAC-SHA1 over the address and each field in order of its name. */
export function signatureOf(authToken: string, url: string, form: Readonly<Record<string, string>>): string {
  const fields = Object.keys(form).sort();
  const text = url + fields.map((field) => field + (form[field] ?? '')).join('');
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64');
}

function outgoing(
  target: OutgoingRequest['target'],
  url: string,
  form: Record<string, string>,
  { authToken, badly }: Signing,
): OutgoingRequest {
  const signature = signatureOf(badly ? `not ${authToken}` : authToken, url, form);
  const headers = { 'x-twilio-signature': signature };
  return { target, contentType: FORM, body: new URLSearchParams(form).toString(), headers, url };
}

/** A reason of our own is an error code, or a final status that is not `undelivered`. */
function reported(meaning: ReportMeaning): { status: string; errorCode: string | null } {
  if (meaning.kind === 'delivered') return { status: 'delivered', errorCode: null };
  if (meaning.kind === 'in_transit') return { status: meaning.step === 'sent' ? 'sent' : 'queued', errorCode: null };
  return undelivered(meaning.cause);
}

function undelivered(cause: Cause): { status: string; errorCode: string | null } {
  if ('own' in cause) {
    if (/^[a-z]+$/.test(cause.own)) return { status: cause.own, errorCode: null };
    return { status: 'undelivered', errorCode: cause.own };
  }
  const errorCode = { unknown_subscriber: '30005', absent: '30003', failed: '30008' }[cause.known];
  return { status: 'undelivered', errorCode };
}
