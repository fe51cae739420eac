import type { Tier } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import type { SubmissionOutcome } from './sms-gateway';

export const PROVIDER_HEALTH = Symbol('ProviderHealth');

export type Trial = 'open' | 'closed' | 'half_open';

/** In memory: what routing asks before it picks a tier. Scores come with Routing; until then circuits and shut senders and destinations. */
export interface ProviderHealth {
  /** May a message go to this tier now? Takes the one trial slot of a half-open circuit where `take` is set. */
  permits(
    mode: Mode,
    tier: Tier,
    request: { sender: string; destination: string; failedOver: boolean; take: boolean },
  ): boolean;
  /** Candidates in the order in which they should be tried now; never empty where `candidates` is not. */
  order(mode: Mode, candidates: readonly Tier[], request: { sender: string; destination: string }): Tier[];
  record(
    provider: string,
    outcome: SubmissionOutcome,
    context: { customerId: string; sender: string; destination: string },
  ): void;
}
