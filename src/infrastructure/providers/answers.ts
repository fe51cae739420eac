import type { RawAnswer, SubmissionOutcome } from '../../application/ports/sms-gateway';
import type { Exchange } from './http-exchange';
import { NO_CONNECTION, UNREADABLE, type Meaning } from './meaning';

export type Answer = Extract<Exchange, { kind: 'answer' }>;
type Refused = Extract<SubmissionOutcome, { kind: 'refused' }>;

/** Of an answer that is kept for operators. */
const KEPT_BYTES = 16_384;

export function refused(
  what: Meaning,
  code: string,
  byProvider: boolean,
  retryAfterSeconds: number | null = null,
): Refused {
  return { kind: 'refused', ...what, code, byProvider, retryAfterSeconds };
}

/** What an exchange without an answer means; the answer itself where there is one. */
export function answerOf(exchange: Exchange): Answer | SubmissionOutcome {
  if (exchange.kind === 'no_answer') return { kind: 'unknown', code: exchange.code };
  if (exchange.kind === 'not_sent') return refused(NO_CONNECTION, exchange.code, false);
  return exchange;
}

/** An answer of which nothing but its HTTP status is understood. */
export function refusedByStatus(what: Meaning, answer: Answer): Refused {
  const { status, retryAfterSeconds } = answer;
  return { ...refused(what, `http_${status}`, false, retryAfterSeconds), raw: rawOf(answer) };
}

/** An answer that is not in the provider's contract. */
export function unreadable(answer: Answer, code = 'unreadable_answer'): Refused {
  const known = answer.body === null ? 'answer_too_long' : code;
  return { ...refused(UNREADABLE, known, false), raw: rawOf(answer) };
}

/** An answer that does not say what became of the message. */
export function undecided(code: string, answer: Answer): SubmissionOutcome {
  return { kind: 'unknown', code, raw: rawOf(answer) };
}

function rawOf({ status, contentType, bytes }: Answer): RawAnswer {
  return { status, contentType, head: bytes.subarray(0, KEPT_BYTES) };
}
