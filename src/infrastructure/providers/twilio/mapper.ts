import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReportReading } from '../../../application/ports/delivery-reports';
import type { TextReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import { answerOf, refused, refusedByStatus, undecided, unreadable } from '../answers';
import type { Exchange } from '../http-exchange';
import { meaningOfStatus, REJECTED } from '../meaning';
import { isRecord, parseJson, personOf, toE164 } from '../wire';
import { REFUSED, REPORT_ERRORS, REPORT_STATUSES } from './codes';

/** Longest validity that it takes. */
const LONGEST_VALIDITY_SECONDS = 36_000;
const SID = /^(SM|MM)[0-9a-fA-F]{32}$/;
/** The list shows whole seconds, and the two clocks need not agree. */
const CLOCKS_APART_MS = 5_000;

export function writeSend({ to, from, body, validForSeconds }: SmsSubmission, reportUrl: string): string {
  return new URLSearchParams({
    To: to,
    From: from,
    Body: body,
    StatusCallback: reportUrl,
    ValidityPeriod: String(Math.min(LONGEST_VALIDITY_SECONDS, Math.max(1, validForSeconds))),
  }).toString();
}

/** What an exchange that creates one message means. */
export function outcomeOf(exchange: Exchange): SubmissionOutcome {
  const answer = answerOf(exchange);
  if (answer.kind !== 'answer') return answer;
  // It does not say whether the message was created before it broke.
  if (answer.status >= 500) return undecided(`http_${answer.status}`, answer);
  const said = parseJson(answer.body ?? '');
  const byStatus = meaningOfStatus(answer.status);
  if (byStatus !== null) {
    const code = isRecord(said) ? said['code'] : undefined;
    if (typeof code !== 'number') return refusedByStatus(byStatus, answer);
    return refused(REFUSED.get(code) ?? byStatus, String(code), true, answer.retryAfterSeconds);
  }
  return outcomeOfMessage(said) ?? unreadable(answer);
}

/** Null where it is not a message. */
function outcomeOfMessage(said: unknown): SubmissionOutcome | null {
  if (!isRecord(said)) return null;
  const { sid, status, error_code: errorCode, price } = said;
  if (typeof sid !== 'string' || !SID.test(sid)) return null;
  if (status === 'failed' || status === 'undelivered' || status === 'canceled') {
    const known = typeof errorCode === 'number' ? REFUSED.get(errorCode) : undefined;
    return refused(known ?? REJECTED, typeof errorCode === 'number' ? String(errorCode) : status, true);
  }
  return { kind: 'accepted', providerMessageId: sid, providerCost: typeof price === 'string' ? price : null };
}

/** The query that lists what was sent to a number since a day. */
export function listQuery({ to }: SmsSubmission, since: string): string {
  return new URLSearchParams({ To: to, 'DateSent>': since.slice(0, 10), PageSize: '50' }).toString();
}

/** The one message of the list that can only be ours; null where there is none, or more than one; unknown where it is no list. */
export function settledBy(exchange: Exchange, { from, body }: SmsSubmission, since: string): SubmissionOutcome | null {
  if (exchange.kind !== 'answer') return null;
  if (exchange.status !== 200) return undecided(`http_${exchange.status}`, exchange);
  const said = parseJson(exchange.body ?? '');
  if (!isRecord(said) || !Array.isArray(said['messages'])) return undecided('unreadable_answer', exchange);
  const fromMs = Date.parse(since) - CLOCKS_APART_MS;
  const fitting = said['messages'].filter((entry: unknown) => {
    if (!isRecord(entry) || entry['from'] !== from || entry['body'] !== body) return false;
    const created = entry['date_created'];
    return typeof created === 'string' && Date.parse(created) >= fromMs;
  });
  return fitting.length === 1 ? outcomeOfMessage(fitting[0]) : null;
}

/** `X-Twilio-Signature`: HMAC-SHA1 over the address and each field in order of its name, a name that comes twice once. */
export function signatureOf(authToken: string, url: string, form: URLSearchParams): string {
  const fields = [...new Set(form.keys())].sort();
  const text = fields.map((field) => field + [...new Set(form.getAll(field))].sort().join('')).join('');
  return createHmac('sha1', authToken)
    .update(url + text, 'utf8')
    .digest('base64');
}

export function isSigned(signature: unknown, authToken: string, url: string, raw: Buffer): boolean {
  if (typeof signature !== 'string') return false;
  const expected = Buffer.from(signatureOf(authToken, url, new URLSearchParams(raw.toString('utf8'))));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Null where it is no status callback. */
export function readTwilioReport(raw: Buffer): ReportReading | null {
  const form = new URLSearchParams(raw.toString('utf8'));
  const sid = form.get('MessageSid') ?? form.get('SmsSid') ?? '';
  const status = form.get('MessageStatus') ?? form.get('SmsStatus') ?? '';
  const byStatus = REPORT_STATUSES.get(status);
  if (!SID.test(sid) || byStatus === undefined) return null;
  const errorCode = form.get('ErrorCode') ?? '';
  const byError = byStatus.outcome === 'failed' ? REPORT_ERRORS.get(errorCode) : undefined;
  return {
    providerMessageId: sid,
    phone: toE164(form.get('To') ?? ''),
    code: byStatus.outcome === 'failed' && /^\d{1,6}$/.test(errorCode) ? errorCode : status,
    ...(byError ?? byStatus),
  };
}

/** Null where it is no text. Media are not carried: what was written beside them is. */
export function readTwilioText(raw: Buffer): TextReading | null {
  const form = new URLSearchParams(raw.toString('utf8'));
  const sid = form.get('MessageSid') ?? form.get('SmsSid') ?? '';
  const from = personOf(form.get('From') ?? '');
  const [to, text] = [form.get('To'), form.get('Body')];
  if (!SID.test(sid) || from === null || to === null || text === null) return null;
  const isOptOut = form.get('OptOutType') === 'STOP';
  return { kind: 'text', providerTextId: sid, from, to, text, part: null, isOptOut };
}
