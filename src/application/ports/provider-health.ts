import type { TierStandings } from '../../domain/routing/pick';
import type { Tier } from '../../domain/routing/tiers';
import type { Mode } from '../../domain/shared/event';
import type { SubmissionOutcome } from './sms-gateway';

export const PROVIDER_HEALTH = Symbol('ProviderHealth');

/** Whose attempt it was, and when it was submitted. */
export interface AttemptContext {
  readonly customerId: string;
  readonly sender: string;
  /** E.164. */
  readonly destination: string;
  /** Epoch milliseconds: an attempt counts in the minute in which it was submitted. */
  readonly submittedAtMs: number;
  /** From opening the call to its answer, milliseconds. */
  readonly tookMs: number;
}

/** What a delivery report says of an attempt. `excused`: undelivered, by the recipient's or the customer's fault. */
export interface ReportedAttempt {
  readonly customerId: string;
  /** Of the recipient, as MCC and MNC; null: not known. */
  readonly network: string | null;
  readonly outcome: 'delivered' | 'undelivered' | 'excused';
  /** Epoch milliseconds. */
  readonly submittedAtMs: number;
  readonly reportedAtMs: number;
}

/** How routing found the candidates of one message. */
export interface Considered {
  /** In which they should be tried now; never empty where there are candidates. */
  readonly order: Tier[];
  readonly standings: TierStandings;
}

/** In memory: what routing asks before it picks a tier. */
export interface ProviderHealth {
  /** `destination`: E.164. May a message go to this tier now? Takes the one trial slot of what is half-open where `take` is set. */
  permits(
    mode: Mode,
    tier: Tier,
    request: { sender: string; destination: string; failedOver: boolean; take: boolean },
  ): boolean;
  /**
   * The candidates as they stand now. The id of the message says whether it is among those that a returning provider gets.
   */
  consider(
    mode: Mode,
    candidates: readonly Tier[],
    request: { messageId: string; sender: string; destination: string },
  ): Considered;
  /** Only in which order they should be tried. */
  order(
    mode: Mode,
    candidates: readonly Tier[],
    request: { messageId: string; sender: string; destination: string },
  ): Tier[];
  record(provider: string, outcome: SubmissionOutcome, context: AttemptContext): void;
  reported(provider: string, report: ReportedAttempt): void;
  /** A report says that the account, a sender or a prefix is shut there. */
  shut(
    provider: string,
    refusal: { scope: 'account' | 'sender' | 'destination'; code: string; reason: string },
    context: { customerId: string; sender: string; destination: string },
  ): void;
  /** The trial slot taken by `permits` was not used after all. */
  giveBack(mode: Mode, tier: Tier, destination: string): void;
  /** Called after each change of a circuit, a network's included, in this process, and when a half-open one can take its next message. Returns the function that ends it. */
  onChange(listener: (change: CircuitChange) => void): () => void;
}

export interface CircuitChange {
  readonly provider: string;
  readonly tier: Tier;
  readonly to: 'open' | 'half_open' | 'returning' | 'closed';
}
