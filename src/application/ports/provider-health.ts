import type { Tier } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import type { SubmissionOutcome } from './sms-gateway';

export const PROVIDER_HEALTH = Symbol('ProviderHealth');

export type Trial = 'open' | 'closed' | 'half_open';

/** In memory: what routing asks before it picks a tier. Scores come with Routing; until then circuits and shut senders and destinations. */
export interface ProviderHealth {
  /** `destination`: E.164. May a message go to this tier now? Takes the one trial slot of a half-open circuit where `take` is set. */
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
  /** The trial slot taken by `permits` was not used after all. */
  giveBack(mode: Mode, tier: Tier): void;
  /** Called after each change of a circuit, in this process. Returns the function that ends it. */
  onChange(listener: (change: CircuitChange) => void): () => void;
}

export interface CircuitChange {
  readonly provider: string;
  readonly tier: Tier;
  readonly to: Trial;
}
