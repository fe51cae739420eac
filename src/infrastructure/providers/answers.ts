import type { SubmissionOutcome } from '../../application/ports/sms-gateway';
import type { Exchange } from './http-exchange';
import { NO_CONNECTION, UNREADABLE, type Meaning } from './meaning';

export type Answer = Extract<Exchange, { kind: 'answer' }>;

export function refused(
  what: Meaning,
  code: string,
  byProvider: boolean,
  retryAfterSeconds: number | null = null,
): SubmissionOutcome {
  return { kind: 'refused', ...what, code, byProvider, retryAfterSeconds };
}

/** What an exchange without an answer means; the answer itself where there is one. */
export function answerOf(exchange: Exchange): Answer | SubmissionOutcome {
  if (exchange.kind === 'no_answer') return { kind: 'unknown', code: exchange.code };
  if (exchange.kind === 'not_sent') return refused(NO_CONNECTION, exchange.code, false);
  return exchange;
}

/** An answer that is not in the provider's contract. */
export function unreadable({ body }: Answer): SubmissionOutcome {
  return refused(UNREADABLE, body === null ? 'answer_too_long' : 'unreadable_answer', false);
}
