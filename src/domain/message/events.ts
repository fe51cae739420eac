/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent, Mode } from '../shared/event';
import type { MoneyString } from '../shared/money';
import type { Sealed } from '../shared/sealed';
import type { TierStandings } from '../routing/pick';
import type { FailureClass, ShutScope, Tier } from '../routing/tiers';

export type Encoding = 'gsm7' | 'ucs2';
export type MessageClass = 'transactional' | 'promotional';
export type OnUnknown = 'never_twice' | 'prefer_delivery';
/** Where the reservation stands once the event is applied. */
export type ChargeState = 'reserved' | 'charged' | 'released';

/** What was thought of a message at its accept: nothing personal, and nobody's limit but the customer's own. */
export interface RiskNote {
  /** 0 to 100. */
  readonly score: number;
  /** What made it, the heaviest first. */
  readonly reasons: readonly string[];
  /** The customer's messages to this recipient in the last 60 s, this one included, and how many it may send. */
  readonly perMinute: number;
  readonly perMinuteLimit: number;
}

/** A message accepted by a 202. Carries all that dispatch needs, so that nobody reads to send. */
export type MessageQueued = DomainEvent<
  'MessageQueued',
  {
    messageId: string;
    customerId: string;
    mode: Mode;
    channel: 'sms';
    class: MessageClass;
    /** Random id of the recipient within this customer; its key opens the sealed fields. */
    subjectId: string;
    /** E.164, sealed. */
    to: Sealed;
    body: Sealed;
    /** The sender really used. */
    sender: string;
    encoding: Encoding;
    segments: number;
    /** ISO 3166 alpha-2 of the recipient's number. */
    country: string;
    /** MCC and MNC of the network that its prefix was assigned to (`63902`); null where that is not known. */
    network: string | null;
    /** Tiers of the customer's routing at which the sender is approved, in order. Never empty. */
    candidates: Tier[];
    /** Frozen at accept. */
    priceListId: string;
    priceListVersion: number;
    /** Price of the whole message (segments included) at each candidate tier. */
    prices: { [tier in Tier]?: MoneyString };
    /** The tier that routing picked at accept and what was reserved for it. */
    quote: { tier: Tier; amount: MoneyString };
    reservationId: string;
    onUnknown: OnUnknown;
    /** The most that the customer lets this message cost; null: no limit. */
    maxCost: MoneyString | null;
    clientReference: string | null;
    /** The batch it came in; null where it was sent by itself. */
    batchId: string | null;
    /** How routing found each candidate at accept. Null: it was not noted. */
    routing: TierStandings | null;
    /** Null: it was not noted. */
    risk: RiskNote | null;
    /** ISO; from here on nobody starts a call for it. */
    validUntil: string;
    /** SHA-256 (hex) of the canonical request body, sealed; null without an Idempotency-Key. */
    requestDigest: Sealed | null;
  }
>;

/**
 * A message accepted by a 202, to be sent later: its money is reserved and its price list fixed. `requested`: at the time that
 * was asked for; `hours`: deferred to the permitted hours. When it is due, MessageQueued follows with the same order.
 */
export type MessageScheduled = DomainEvent<
  'MessageScheduled',
  Omit<MessageQueued['data'], 'validUntil'> & {
    /** ISO. */
    sendAt: string;
    reason: 'requested' | 'hours';
    /** From when it may go. */
    validForSeconds: number;
  }
>;

/**
 * A message that waits was moved. `requested`: by the customer, to the time asked for; `hours`: to the permitted hours, from the
 * time that was asked for or from when it was due. `sendAt`: ISO.
 */
export type MessageRescheduled = DomainEvent<
  'MessageRescheduled',
  { messageId: string; sendAt: string; reason: 'requested' | 'hours' }
>;

/** No MessageQueued naming this reservation will ever be: closes the id before the money goes back. Invisible outside. */
export type MessageAbandoned = DomainEvent<'MessageAbandoned', { messageId: string; reservationId: string }>;

/** A claim: only the consumer whose append of this was accepted calls the provider. */
export type DispatchStarted = DomainEvent<
  'DispatchStarted',
  {
    messageId: string;
    /** 1 for the first call of this message, then 2, 3 … over all tiers. */
    attempt: number;
    tier: Tier;
    /** Name of the provider's account, unique per tier. */
    provider: string;
    /** ISO; when the claim was made. Retries are counted from it, and a claim without an outcome ages by it. */
    startedAt: string;
    /** Milliseconds that the owner gives the provider to answer, counted from opening the call. */
    deadlineMs: number;
  }
>;

/** The provider accepted it. The charge follows on the wallet, once, at `amount` (under prefer_delivery: when final). */
export type MessageDispatched = DomainEvent<
  'MessageDispatched',
  {
    messageId: string;
    attempt: number;
    tier: Tier;
    provider: string;
    providerMessageId: string;
    /** Price of the tier that took it. */
    amount: MoneyString;
    /** What the provider says it charges us, as it stands in its answer; null where it does not say. */
    providerCost: string | null;
    /** ISO; when a missing report makes it unknown, for good. */
    reportDeadline: string;
    /** How we know: its answer, or a report or query that settled an unknown outcome. */
    evidence: 'answer' | 'report' | 'query';
  }
>;

/** The call ended without an answer that says, or the claim aged without an outcome, or no report came by the deadline (final). */
export type MessageOutcomeUnknown = DomainEvent<
  'MessageOutcomeUnknown',
  {
    messageId: string;
    attempt: number;
    tier: Tier;
    provider: string;
    reason: 'no_answer' | 'claim_without_outcome' | 'no_report';
    final: boolean;
    charge: ChargeState;
    /** ISO; the report deadline, where it is not final. */
    reportDeadline: string;
    /** ISO; under prefer_delivery, when the next tier may be tried. Null: never. */
    resendAt: string | null;
  }
>;

/** The provider refused the attempt, or it was never made. Class U never stands here. */
export type DispatchFailed = DomainEvent<
  'DispatchFailed',
  {
    messageId: string;
    attempt: number;
    tier: Tier;
    provider: string;
    class: Exclude<FailureClass, 'U'>;
    scope: ShutScope | null;
    /** The provider's own code, or ours: `connection_refused`, `http_503`, `claim_too_late`. */
    code: string;
    /** Normalised: what the customer reads as `error.code` where this refusal ends the message. Null: it was not noted. */
    failureCode: string | null;
    /** Normalised, for people. Holds no personal data. */
    reason: string;
    /** True where the tier itself has refused this message for good (F, or F! for sender or destination). */
    tierRefused: boolean;
    /** ISO; when the same tier is tried again (class R with retries left). Null: not there. */
    retryAt: string | null;
  }
>;

/** Goes on at another tier; the reservation covers its price from here on. */
export type MessageRerouted = DomainEvent<
  'MessageRerouted',
  {
    messageId: string;
    fromTier: Tier;
    toTier: Tier;
    reason: 'refused' | 'retries_exhausted' | 'tier_unavailable' | 'unknown_outcome' | 'report_failed' | 'cheaper_tier';
    amount: MoneyString;
  }
>;

export type MessageDelivered = DomainEvent<
  'MessageDelivered',
  {
    messageId: string;
    attempt: number;
    tier: Tier;
    provider: string;
    providerMessageId: string;
    /** ISO; when the report reached us. */
    reportedAt: string;
    charge: ChargeState;
  }
>;

/** Final and negative. `permanent`: sending the same again is of no use. */
export type MessageFailed = DomainEvent<
  'MessageFailed',
  {
    messageId: string;
    /** `unknown_subscriber`, `absent_subscriber`, `opted_out`, `all_tiers_refused`, `insufficient_funds` … */
    code: string;
    reason: string;
    permanent: boolean;
    /** The attempt that decided it; null where no attempt did. */
    attempt: number | null;
    tier: Tier | null;
    provider: string | null;
    /** `charged` where a provider had accepted it (the charge stands), else `released`. */
    charge: ChargeState;
  }
>;

/** Its validity ended before any provider accepted it. */
export type MessageExpired = DomainEvent<'MessageExpired', { messageId: string; charge: ChargeState }>;

export type MessageCancelled = DomainEvent<'MessageCancelled', { messageId: string; charge: ChargeState }>;

/** A text that a person sent to a number of the customer's. The first event of its stream, and the last; it costs nothing. */
export type MessageReceived = DomainEvent<
  'MessageReceived',
  {
    messageId: string;
    customerId: string;
    mode: Mode;
    channel: 'sms';
    /** Random id of the person within this customer; its key opens the sealed fields. */
    subjectId: string;
    /** E.164, or what the network gave as the sender; sealed. */
    from: Sealed;
    body: Sealed;
    /** The inbound number: a short code, or E.164. */
    to: string;
    /** The keyword by which it is this customer's; null where the whole number is. */
    keyword: string | null;
    encoding: Encoding;
    segments: number;
    /** The account that brought it, and where it stands. */
    tier: Tier;
    provider: string;
    /** The provider's own id of it; null where it gives none. */
    providerMessageId: string | null;
    /** ISO; when it reached us. */
    receivedAt: string;
  }
>;

export type MessageEvent =
  | MessageQueued
  | MessageScheduled
  | MessageRescheduled
  | MessageAbandoned
  | DispatchStarted
  | MessageDispatched
  | MessageOutcomeUnknown
  | DispatchFailed
  | MessageRerouted
  | MessageDelivered
  | MessageFailed
  | MessageExpired
  | MessageCancelled
  | MessageReceived;
