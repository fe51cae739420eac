import type { ReportReading } from '../../../application/ports/delivery-reports';
import type { TextReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import { answerOf, refused, refusedByStatus, undecided, unreadable } from '../answers';
import type { Exchange } from '../http-exchange';
import { meaningOfStatus, REJECTED, type ReportMeaning } from '../meaning';
import { isRecord, parseJson, personOf, toE164 } from '../wire';
import * as codes from './codes';

/** Longest validity that it takes. */
const LONGEST_VALIDITY_MINUTES = 2_880;

/** The body of a send of one message, in v3. */
export function writeSend(submission: SmsSubmission, reportUrl: string): string {
  const { to, from, body, messageId, validForSeconds } = submission;
  const minutes = Math.min(LONGEST_VALIDITY_MINUTES, Math.max(1, Math.floor(validForSeconds / 60)));
  return JSON.stringify({
    messages: [
      {
        sender: from,
        destinations: [{ to: to.slice(1), messageId }],
        content: { text: body, transliteration: 'NONE' },
        options: { validityPeriod: { amount: minutes, timeUnit: 'MINUTES' } },
        webhooks: { delivery: { url: reportUrl, intermediateReport: false }, contentType: 'application/json' },
      },
    ],
    options: { includeSmsCountInResponse: true },
  });
}

interface Status {
  readonly groupId: number;
  readonly id: number;
}

/** Numbers may come as strings. */
function integerOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}

function readStatus(value: unknown): Status | null {
  if (!isRecord(value)) return null;
  const [groupId, id] = [integerOf(value['groupId']), integerOf(value['id'])];
  return groupId === null || id === null ? null : { groupId, id };
}

/** What an exchange about one message means. */
export function outcomeOf(exchange: Exchange, messageId: string): SubmissionOutcome {
  const answer = answerOf(exchange);
  if (answer.kind !== 'answer') return answer;
  const byStatus = meaningOfStatus(answer.status);
  if (byStatus !== null) return refusedByStatus(byStatus, answer);
  const said = parseJson(answer.body ?? '');
  if (!isRecord(said) || !Array.isArray(said['messages'])) return unreadable(answer);
  // One was asked for, under an id of ours: an answer about another does not say what became of it.
  const ours: unknown = said['messages'].find((entry) => isRecord(entry) && entry['messageId'] === messageId);
  const status = isRecord(ours) ? readStatus(ours['status']) : null;
  if (status === null) return undecided('message_missing', answer);
  if (codes.ACCEPTED_GROUPS.has(status.groupId) || status.id === codes.DUPLICATE) {
    return { kind: 'accepted', providerMessageId: messageId, providerCost: null };
  }
  return refused(codes.REFUSED.get(status.id) ?? REJECTED, String(status.id), true);
}

/** The reports, or the texts, of one request by themselves; a request that nobody can read is kept in one piece. */
export function splitResults(raw: Buffer): readonly Buffer[] {
  const said = parseJson(raw.toString('utf8'));
  const results: unknown = isRecord(said) ? said['results'] : undefined;
  if (!Array.isArray(results) || results.length < 2) return [raw];
  return results.map((result) => Buffer.from(JSON.stringify({ results: [result] })));
}

/** Null where it is no report. */
export function readInfobipReport(raw: Buffer): ReportReading | null {
  const said = parseJson(raw.toString('utf8'));
  const results: unknown = isRecord(said) ? said['results'] : undefined;
  const [result]: unknown[] = Array.isArray(results) ? results : [];
  if (!isRecord(result)) return null;
  const { messageId, to } = result;
  const status = readStatus(result['status']);
  if (typeof messageId !== 'string' || messageId === '' || messageId.length > 200 || status === null) return null;
  const error = isRecord(result['error']) ? result['error'] : {};
  const errorId = integerOf(error['id']) ?? 0;
  const meaning = meaningOf(status, errorId, error);
  const isError = meaning.outcome === 'failed' && errorId !== 0;
  return {
    providerMessageId: messageId,
    phone: typeof to === 'string' || typeof to === 'number' ? toE164(String(to)) : null,
    code: isError ? `error_${errorId}` : `status_${status.id}`,
    ...meaning,
  };
}

function meaningOf(status: Status, errorId: number, error: Record<string, unknown>): ReportMeaning {
  const byStatus = codes.REPORT_STATUSES.get(status.id) ?? codes.REPORT_GROUPS.get(status.groupId);
  if (byStatus !== undefined && byStatus.outcome !== 'failed') return byStatus;
  const byError = codes.REPORT_ERRORS.get(errorId);
  if (byError !== undefined) return byError;
  const group = integerOf(error['groupId']) ?? 0;
  if (error['permanent'] === true && codes.PERMANENT_GROUPS.has(group)) return codes.PERMANENT_ERROR;
  return byStatus ?? codes.PERMANENT_ERROR;
}

/** Null where it is no text. */
export function readInfobipText(raw: Buffer): TextReading | null {
  const said = parseJson(raw.toString('utf8'));
  const results: unknown = isRecord(said) ? said['results'] : undefined;
  const [result]: unknown[] = Array.isArray(results) ? results : [];
  if (!isRecord(result)) return null;
  const { messageId, text } = result;
  const [from, to] = [numberOf(result['from']), numberOf(result['to'])];
  const person = from === null ? null : personOf(from);
  if (typeof messageId !== 'string' || messageId === '' || messageId.length > 200) return null;
  if (person === null || to === null || typeof text !== 'string') return null;
  return { kind: 'text', providerTextId: messageId, from: person, to, text, part: null, isOptOut: false };
}

const numberOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;
