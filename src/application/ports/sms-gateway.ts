import type { FailureClass, ShutScope, Tier } from '../../domain/routing/tiers';
import type { Encoding } from '../../domain/message/events';

export const SMS_GATEWAYS = Symbol('SmsGateways');

export interface SmsSubmission {
  /** E.164 with `+`. */
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly encoding: Encoding;
  /** Our id: for providers that take one. */
  readonly messageId: string;
  readonly attempt: number;
  /** What is left of the message's validity, seconds. */
  readonly validForSeconds: number;
}

/**
 * A provider's answer as it came, where it is not in its contract or is read by its HTTP status alone: for operators. It may
 * repeat the recipient's number and text, so it is kept sealed, and stands in no event, log, metric or answer of ours.
 */
export interface RawAnswer {
  /** HTTP. */
  readonly status: number;
  /** As the header says; empty where there is none. */
  readonly contentType: string;
  /** The first bytes of its body, 16 KiB at most. */
  readonly head: Buffer;
}

export type SubmissionOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly providerCost: string | null }
  /** Never U. `code` is the provider's own, or ours (`connection_refused`, `http_503`). `retryAfterSeconds` from the provider, else null. */
  | {
      readonly kind: 'refused';
      readonly class: Exclude<FailureClass, 'U'>;
      readonly scope: ShutScope | null;
      readonly code: string;
      readonly reason: string;
      /** Normalised: what the customer reads as `error.code` where this refusal ends the message. */
      readonly failureCode: string;
      /** The code is the provider's own. False: a connection, an HTTP status or an answer that is not in its contract. */
      readonly byProvider: boolean;
      readonly retryAfterSeconds: number | null;
      readonly raw?: RawAnswer;
    }
  | { readonly kind: 'unknown'; readonly code: string; readonly raw?: RawAnswer };

/** A provider's account at one tier. */
export interface SmsGateway {
  readonly name: string;
  readonly tier: Tier;
  readonly adapter: string;
  readonly simulated: boolean;
  /** From opening the call to giving up on its answer. */
  readonly deadlineMs: number;
  /** Never rejects: every outcome is a value. */
  submit(submission: SmsSubmission): Promise<SubmissionOutcome>;
  /**
   * Asks what became of a submission without an answer, where the provider can be asked (never sending a second message);
   * `since`: when its call began (ISO). Null: it cannot be told now; unknown: nor from what came as an answer. Never rejects.
   */
  settle?(submission: SmsSubmission, since: string): Promise<SubmissionOutcome | null>;
}

/** Gateways by tier, apart for live and for test messages. */
export interface SmsGateways {
  forTier(mode: 'live' | 'test', tier: Tier): SmsGateway | null;
  byName(name: string): SmsGateway | null;
  all(): readonly SmsGateway[];
}
