import type { FailureClass, ShutScope, Tier } from '../routing/tiers';
import type { MessageAbandoned, MessageQueued, MessageReceived, MessageScheduled } from './events';
import type { Hours } from './hours';

/** A request was accepted: checks done, money reserved. */
export interface QueueMessage {
  readonly type: 'QueueMessage';
  readonly data: MessageQueued['data'];
}

/** A request was accepted for later. */
export interface ScheduleMessage {
  readonly type: 'ScheduleMessage';
  readonly data: MessageScheduled['data'];
}

/** A person has sent a text to a number of the customer's. */
export interface ReceiveMessage {
  readonly type: 'ReceiveMessage';
  readonly data: MessageReceived['data'];
}

/** Another time for a message that waits. `now`, `sendAt`: ISO. */
export interface RescheduleMessage {
  readonly type: 'RescheduleMessage';
  readonly data: { readonly now: string; readonly sendAt: string; readonly hours: Hours };
}

/** The customer wants it no more. */
export interface CancelMessage {
  readonly type: 'CancelMessage';
}

/** A scheduled message is due. `refusal`: what speaks against it by now. */
export interface ReleaseMessage {
  readonly type: 'ReleaseMessage';
  readonly data: {
    /** ISO: now. */
    readonly at: string;
    /** Tiers at which its sender is approved by now. */
    readonly candidates: readonly Tier[];
    readonly refusal: { readonly code: string; readonly reason: string } | null;
    readonly hours: Hours;
  };
}

/** No message will ever name this reservation: closes the id for it. */
export interface AbandonMessage {
  readonly type: 'AbandonMessage';
  readonly data: MessageAbandoned['data'];
}

/** Claim the message for one call to a provider. The reservation covers `reservationFor(state, tier)` by now. */
export interface StartDispatch {
  readonly type: 'StartDispatch';
  readonly data: {
    readonly tier: Tier;
    readonly provider: string;
    readonly deadlineMs: number;
    /** ISO: now. */
    readonly startedAt: string;
  };
}

/** The provider accepted the attempt. */
export interface RecordAccepted {
  readonly type: 'RecordAccepted';
  readonly data: {
    readonly attempt: number;
    readonly providerMessageId: string;
    readonly providerCost: string | null;
    /** From the end of validity to the report deadline. */
    readonly graceSeconds: number;
  };
}

/** The provider refused the attempt, or it was certainly not made. */
export interface RecordRefused {
  readonly type: 'RecordRefused';
  readonly data: {
    readonly attempt: number;
    readonly class: Exclude<FailureClass, 'U'>;
    readonly scope: ShutScope | null;
    /** The provider's own code, or ours. */
    readonly code: string;
    readonly reason: string;
    /** What the customer reads as `error.code` where this refusal ends the message. */
    readonly failureCode: string;
    /** True where the code is the provider's own: only then has the tier refused the message. */
    readonly byProvider: boolean;
    /** ISO: now. */
    readonly at: string;
    /** Pause before the same tier is tried again (class R). Null: not there, whatever the class. Milliseconds. */
    readonly retryDelayMs: number | null;
  };
}

/** The call ended without an answer that says. */
export interface RecordUnknown {
  readonly type: 'RecordUnknown';
  readonly data: { readonly attempt: number; readonly graceSeconds: number };
}

/** Somebody found a claim without an outcome: once it is old enough its outcome is unknown. */
export interface ExamineClaim {
  readonly type: 'ExamineClaim';
  readonly data: { readonly attempt: number; readonly at: string; readonly graceSeconds: number };
}

/** A genuine delivery report. */
export interface RecordReport {
  readonly type: 'RecordReport';
  readonly data: {
    readonly provider: string;
    readonly providerMessageId: string;
    /** The unknown attempt that this report settles, where its id was never seen; null: found by the id. */
    readonly attempt: number | null;
    readonly outcome: 'delivered' | 'failed' | 'in_transit';
    /** Of a failure. Null otherwise. */
    readonly class: FailureClass | null;
    readonly code: string;
    readonly reason: string;
    readonly failureCode: string;
    readonly permanent: boolean;
    /** ISO: when it reached us. */
    readonly reportedAt: string;
    readonly graceSeconds: number;
  };
}

/** The report deadline may have passed. */
export interface CloseAtReportDeadline {
  readonly type: 'CloseAtReportDeadline';
  readonly data: { readonly at: string };
}

/** The validity may have ended before anybody accepted it. `moneyOnly`: nothing but money stood in the way. */
export interface Expire {
  readonly type: 'Expire';
  readonly data: { readonly at: string; readonly moneyOnly: boolean };
}

export type MessageCommand =
  | QueueMessage
  | ScheduleMessage
  | ReceiveMessage
  | RescheduleMessage
  | CancelMessage
  | ReleaseMessage
  | AbandonMessage
  | StartDispatch
  | RecordAccepted
  | RecordRefused
  | RecordUnknown
  | ExamineClaim
  | RecordReport
  | CloseAtReportDeadline
  | Expire;
