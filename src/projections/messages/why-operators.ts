import type { RecordedEvent } from '../../application/ports/event-store';
import type { MessageEvent, RiskNote } from '../../domain/message/events';
import type { FailureClass, ShutScope } from '../../domain/routing/tiers';
import { eventOf } from '../shared/event-of';
import { acceptedIn } from './why';

/** A call as those see it who run the program. */
export interface OperatorAttempt {
  readonly attempt: number;
  /** Name of the provider's account. */
  readonly account: string;
  readonly deadline_ms: number;
  readonly provider_message_id: string | null;
  /** What the provider says it charges us. */
  readonly provider_cost: string | null;
  readonly class: FailureClass | null;
  readonly scope: ShutScope | null;
  /** The provider's own, or ours. */
  readonly own_code: string | null;
}

/** What is not the customer's to know. */
export interface OperatorWhy {
  /** Null: it was not noted. */
  readonly risk: RiskNote | null;
  readonly attempts: readonly OperatorAttempt[];
}

export function operatorWhyOf(events: readonly RecordedEvent[]): OperatorWhy {
  const attempts = new Map<number, OperatorAttempt>();
  const change = (attempt: number, known: Partial<OperatorAttempt>): void => {
    const before = attempts.get(attempt);
    if (before !== undefined) attempts.set(attempt, { ...before, ...known });
  };
  for (const recorded of events) {
    const event = eventOf<MessageEvent>(recorded);
    if (event.type === 'DispatchStarted') {
      const { attempt, provider, deadlineMs } = event.data;
      attempts.set(attempt, {
        attempt,
        account: provider,
        deadline_ms: deadlineMs,
        provider_message_id: null,
        provider_cost: null,
        class: null,
        scope: null,
        own_code: null,
      });
    }
    if (event.type === 'MessageDispatched') {
      const { attempt, providerMessageId, providerCost } = event.data;
      change(attempt, { provider_message_id: providerMessageId, provider_cost: providerCost });
    }
    if (event.type === 'DispatchFailed') {
      const { attempt, class: failureClass, scope, code } = event.data;
      change(attempt, { class: failureClass, scope, own_code: code });
    }
  }
  return { risk: acceptedIn(events)?.ordered.risk ?? null, attempts: [...attempts.values()] };
}
