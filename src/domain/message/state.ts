import type { FailureClass, Tier } from '../routing/tiers';
import { assertNever } from '../shared/decider';
import { isoAfter } from '../shared/instants';
import type { MoneyString } from '../shared/money';
import type { Mode } from '../shared/event';
import type { ChargeState, MessageEvent, MessageQueued } from './events';

/** What was ordered; never changes. */
export type Order = MessageQueued['data'];

export type AttemptResult =
  | { readonly kind: 'open' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unknown'; readonly resendAt: string | null }
  | {
      readonly kind: 'refused';
      readonly class: FailureClass;
      readonly code: string;
      readonly reason: string;
      /** The tier itself has refused this message for good. */
      readonly tierRefused: boolean;
      readonly retryAt: string | null;
    };

/** One call to a provider, or one that was claimed and never made. */
export interface Attempt {
  /** From 1, consecutive over all tiers. */
  readonly number: number;
  readonly tier: Tier;
  readonly provider: string;
  /** ISO. */
  readonly startedAt: string;
  readonly deadlineMs: number;
  /** Stays when a report refuses afterwards what the provider had accepted. */
  readonly providerMessageId: string | null;
  readonly result: AttemptResult;
}

interface Carried {
  readonly order: Order;
  readonly attempts: readonly Attempt[];
  /** The tier that the reservation was last priced for, and what it covers. */
  readonly tier: Tier;
  readonly reserved: MoneyString;
  readonly charge: ChargeState;
  /** ISO; null until a provider may have it. */
  readonly reportDeadline: string | null;
}

/** Waits for its time; nothing was tried. */
export type Scheduled = Carried & {
  readonly status: 'scheduled';
  /** ISO. */
  readonly sendAt: string;
  readonly validForSeconds: number;
};
/** Nobody has it: a claim may be made, at once or when the last refusal allows it again. */
export type Queued = Carried & { readonly status: 'queued' };
/** One consumer owns the call of the last attempt. */
export type Claimed = Carried & { readonly status: 'claimed' };
/** A provider may have it. Final once the report deadline has passed. */
export type Unknown = Carried & { readonly status: 'unknown'; readonly final: boolean };
/** A provider has it; its report is awaited. */
export type Dispatched = Carried & { readonly status: 'dispatched' };
export type Ended = Carried & { readonly status: 'delivered' | 'failed' | 'expired' | 'cancelled' };
export type LiveMessage = Scheduled | Queued | Claimed | Unknown | Dispatched | Ended;

/** Came from a person: nothing is sent, and nothing follows. */
export interface Received {
  readonly status: 'received';
  readonly customerId: string;
  readonly mode: Mode;
}

export type MessageState =
  | { readonly status: 'none' }
  | Received
  /** Invisible outside: these reservations will never be named by a message. */
  | { readonly status: 'abandoned'; readonly reservations: readonly string[] }
  | LiveMessage;

export const initialMessage: MessageState = { status: 'none' };

/** On its way out, or gone. */
export function isLive(state: MessageState): state is LiveMessage {
  return state.status !== 'none' && state.status !== 'abandoned' && state.status !== 'received';
}

/** Whose message it is; null where there is none that can be seen. */
export function ownerOf(state: MessageState): { readonly customerId: string; readonly mode: Mode } | null {
  if (state.status === 'received') return state;
  return isLive(state) ? state.order : null;
}

/** Final states. A genuine positive report may still lift all but `delivered` and `cancelled` to `delivered`. */
export function isTerminal(state: MessageState): boolean {
  switch (state.status) {
    case 'delivered':
    case 'failed':
    case 'expired':
    case 'cancelled':
    case 'received':
      return true;
    case 'unknown':
      return state.final;
    default:
      return false;
  }
}

export const findAttempt = (state: LiveMessage, number: number): Attempt | undefined => state.attempts[number - 1];

function changeAttempt(state: LiveMessage, number: number, change: Partial<Attempt>): readonly Attempt[] {
  return state.attempts.map((attempt) => (attempt.number === number ? { ...attempt, ...change } : attempt));
}

/** Where a message that has not ended stands, from its attempts alone. */
function standing(state: LiveMessage, change: Partial<Carried>): LiveMessage {
  if (isTerminal(state) || state.status === 'scheduled') return { ...state, ...change };
  const { order, attempts, tier, reserved, charge, reportDeadline } = state;
  const carried: Carried = { order, attempts, tier, reserved, charge, reportDeadline, ...change };
  const some = (kind: AttemptResult['kind']): boolean => carried.attempts.some(({ result }) => result.kind === kind);
  if (some('open')) return { ...carried, status: 'claimed' };
  if (some('accepted')) return { ...carried, status: 'dispatched' };
  if (some('unknown')) return { ...carried, status: 'unknown', final: false };
  return { ...carried, status: 'queued' };
}

function end(state: LiveMessage, status: Ended['status'], charge: ChargeState): LiveMessage {
  return { ...state, status, charge };
}

/** Total: an event that cannot follow leaves the state as it is. */
export function evolveMessage(state: MessageState, event: MessageEvent): MessageState {
  if (state.status === 'received') return state;
  if (event.type === 'MessageReceived') {
    const { customerId, mode } = event.data;
    return state.status === 'none' ? { status: 'received', customerId, mode } : state;
  }
  if (event.type === 'MessageAbandoned') {
    if (isLive(state)) return state;
    const known = state.status === 'abandoned' ? state.reservations : [];
    return { status: 'abandoned', reservations: [...known, event.data.reservationId] };
  }
  if (event.type === 'MessageScheduled') {
    if (isLive(state)) return state;
    const { sendAt, reason: _, validForSeconds, ...rest } = event.data;
    const order = { ...rest, validUntil: isoAfter(sendAt, validForSeconds * 1_000) };
    const { tier, amount } = event.data.quote;
    const start = { order, attempts: [], tier, reserved: amount, reportDeadline: null };
    return { ...start, status: 'scheduled', charge: 'reserved', sendAt, validForSeconds };
  }
  if (event.type === 'MessageQueued') {
    if (isLive(state) && state.status !== 'scheduled') return state;
    const { tier, amount } = event.data.quote;
    const start = { order: event.data, attempts: [], tier, reserved: amount, reportDeadline: null };
    return { ...start, status: 'queued', charge: 'reserved' };
  }
  return isLive(state) ? evolveLive(state, event) : state;
}

type First = 'MessageAbandoned' | 'MessageQueued' | 'MessageScheduled' | 'MessageReceived';
type LaterEvent = Exclude<MessageEvent, { type: First }>;

function evolveLive(state: LiveMessage, event: LaterEvent): LiveMessage {
  switch (event.type) {
    case 'MessageRescheduled': {
      if (state.status !== 'scheduled') return state;
      const { sendAt } = event.data;
      const order = { ...state.order, validUntil: isoAfter(sendAt, state.validForSeconds * 1_000) };
      return { ...state, order, sendAt };
    }
    case 'DispatchStarted': {
      const { attempt: number, tier, provider, startedAt, deadlineMs } = event.data;
      const attempt: Attempt = {
        number,
        tier,
        provider,
        startedAt,
        deadlineMs,
        providerMessageId: null,
        result: { kind: 'open' },
      };
      return standing(state, { attempts: [...state.attempts, attempt] });
    }
    case 'MessageRerouted':
      return standing(state, { tier: event.data.toTier, reserved: event.data.amount });
    case 'MessageDispatched': {
      const { attempt, providerMessageId, reportDeadline } = event.data;
      const attempts = changeAttempt(state, attempt, { providerMessageId, result: { kind: 'accepted' } });
      const charge = state.order.onUnknown === 'never_twice' ? 'charged' : state.charge;
      return standing(state, { attempts, reportDeadline, charge });
    }
    case 'MessageOutcomeUnknown': {
      const { attempt, final, charge, reportDeadline, resendAt, reason } = event.data;
      const attempts =
        reason === 'no_report'
          ? state.attempts
          : changeAttempt(state, attempt, { result: { kind: 'unknown', resendAt } });
      if (!final) return standing(state, { attempts, reportDeadline });
      return { ...state, attempts, reportDeadline, charge, status: 'unknown', final: true };
    }
    case 'DispatchFailed': {
      const { attempt, class: failureClass, code, reason, tierRefused, retryAt } = event.data;
      const result: AttemptResult = { kind: 'refused', class: failureClass, code, reason, tierRefused, retryAt };
      return standing(state, { attempts: changeAttempt(state, attempt, { result }) });
    }
    case 'MessageDelivered':
      return end(state, 'delivered', event.data.charge);
    case 'MessageFailed':
      return end(state, 'failed', event.data.charge);
    case 'MessageExpired':
      return end(state, 'expired', event.data.charge);
    case 'MessageCancelled':
      return end(state, 'cancelled', event.data.charge);
    default:
      return assertNever(event);
  }
}
