import type { RecordedEvent } from '../../application/ports/event-store';
import type { WhyAttempt } from '../../application/ports/message-why';
import type { MessageEvent } from '../../domain/message/events';
import { eventOf } from '../shared/event-of';

/** The calls to providers, in order, with what became of each in words that are the same for every provider. */
export function attemptsOf(events: readonly RecordedEvent[]): WhyAttempt[] {
  const attempts = new Map<number, WhyAttempt>();
  let reroutedBecause: string | null = null;
  for (const recorded of events) {
    const event = eventOf<MessageEvent>(recorded);
    if (event.type === 'MessageRerouted') reroutedBecause = event.data.reason;
    if (event.type === 'DispatchStarted') {
      const { attempt, tier, startedAt } = event.data;
      attempts.set(attempt, {
        attempt,
        provider: tier,
        started_at: startedAt,
        ended_at: null,
        outcome: 'under_way',
        code: null,
        reason: null,
        rerouted_because: reroutedBecause,
      });
      reroutedBecause = null;
      continue;
    }
    const change = changeBy(event);
    if (change === null) continue;
    const known = attempts.get(change.attempt);
    if (known === undefined) continue;
    attempts.set(change.attempt, { ...known, ended_at: known.ended_at ?? recorded.metadata.at, ...change });
  }
  return [...attempts.values()];
}

type Change = Pick<WhyAttempt, 'attempt'> & Partial<WhyAttempt>;

/** Null: it concerns no attempt. */
function changeBy(event: MessageEvent): Change | null {
  switch (event.type) {
    case 'MessageDispatched':
      return { attempt: event.data.attempt, outcome: 'accepted', code: null, reason: null };
    case 'DispatchFailed': {
      const { attempt, failureCode, code, reason, class: failureClass, scope } = event.data;
      return { attempt, outcome: 'refused', code: failureCode ?? meantBy(failureClass, scope) ?? code, reason };
    }
    case 'MessageOutcomeUnknown':
      // Without a report it stays what the provider's answer made it.
      return event.data.reason === 'no_report'
        ? null
        : { attempt: event.data.attempt, outcome: 'unknown', code: event.data.reason, reason: null };
    case 'MessageDelivered':
      return { attempt: event.data.attempt, outcome: 'delivered', code: null, reason: null };
    case 'MessageFailed': {
      const { attempt, code, reason, charge } = event.data;
      if (attempt === null) return null;
      // Where money was taken a provider had accepted it, and a report has taken that back.
      return { attempt, outcome: charge === 'charged' ? 'undelivered' : 'refused', code, reason };
    }
    default:
      return null;
  }
}

/** Of events that hold the provider's own code alone. Null: it cannot be told, and may be ours. */
function meantBy(failureClass: string, scope: string | null): string | null {
  if (scope === 'account') return 'provider_account';
  if (scope === 'sender') return 'sender_not_accepted';
  if (scope === 'destination') return 'refused_by_provider';
  if (failureClass === 'R') return 'provider_unavailable';
  return failureClass === 'F' ? 'rejected' : null;
}
