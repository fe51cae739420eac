import type { ProviderAnswers, UnreadAnswer } from '../ports/provider-answers';
import type { SubmissionOutcome } from '../ports/sms-gateway';

/** Has the answer kept that an outcome goes by, where nobody could read it. Nobody waits for it. */
export function keepUnread(
  answers: ProviderAnswers,
  outcome: SubmissionOutcome,
  call: Pick<UnreadAnswer, 'provider' | 'messageId' | 'attempt' | 'to'>,
): void {
  if (outcome.kind === 'accepted' || outcome.raw === undefined) return;
  const { code, raw } = outcome;
  answers.keep({ ...call, code, raw });
}
