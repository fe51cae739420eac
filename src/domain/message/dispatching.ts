import { DomainError } from '../shared/domain-error';
import { epochMs, isoAfter, isoOf } from '../shared/instants';
import { moneyString } from '../shared/money';
import { everyTierRefused, lastAccepted, openTiers, priceAt, rerouteReason, reservationFor } from './candidates';
import type { ExamineClaim, RecordAccepted, RecordRefused, RecordUnknown, StartDispatch } from './commands';
import type { DispatchFailed, MessageDispatched, MessageEvent, MessageFailed, MessageOutcomeUnknown } from './events';
import { evolveMessage, findAttempt, isLive, isTerminal, type Attempt, type LiveMessage } from './state';

/** The owner opens its call within this time of its claim, or not at all. */
export const OPEN_CALL_WITHIN_MS = 5_000;
/** Under prefer_delivery another tier is tried this long after the deadline of a call without an answer. */
const RESEND_AFTER_DEADLINE_MS = 30_000;
const MOST_RETRIES = 2;
const RETRY_WINDOW_MS = 30_000;

/** From this instant on a claim without an outcome counts as abandoned. Milliseconds since 1970. */
export const claimExpiresMs = (attempt: Attempt): number =>
  epochMs(attempt.startedAt) + attempt.deadlineMs + OPEN_CALL_WITHIN_MS;

export const reportDeadlineOf = (state: LiveMessage, graceSeconds: number): string =>
  isoAfter(state.order.validUntil, graceSeconds * 1000);

/** It waits for its time, or somebody has it. */
const HELD: ReadonlySet<LiveMessage['status']> = new Set(['scheduled', 'claimed', 'dispatched']);

/** The claim, at another tier than the one reserved for behind a reroute. Nothing where somebody has it or may have it. */
export function startDispatch({ tier, provider, deadlineMs, startedAt }: StartDispatch['data'], state: LiveMessage) {
  if (isTerminal(state) || HELD.has(state.status)) return [];
  if (state.status === 'unknown' && !mayResend(state, startedAt)) return [];
  if (!openTiers(state).includes(tier)) {
    throw new DomainError('conflict', `${tier} is no candidate of this message any more`);
  }
  const { messageId, validUntil } = state.order;
  if (epochMs(startedAt) >= epochMs(validUntil)) {
    throw new DomainError('conflict', 'the validity of this message has ended');
  }
  const events: MessageEvent[] = [];
  const amount = moneyString(reservationFor(state, tier));
  if (tier !== state.tier) {
    const reason = rerouteReason(state, tier);
    events.push({ type: 'MessageRerouted', data: { messageId, fromTier: state.tier, toTier: tier, reason, amount } });
  }
  const attempt = state.attempts.length + 1;
  events.push({ type: 'DispatchStarted', data: { messageId, attempt, tier, provider, startedAt, deadlineMs } });
  return events;
}

function mayResend(state: LiveMessage, at: string): boolean {
  if (state.order.onUnknown === 'never_twice') return false;
  const result = state.attempts.at(-1)?.result;
  if (result?.kind !== 'unknown') return true;
  return result.resendAt !== null && epochMs(at) >= epochMs(result.resendAt);
}

/** Null where this attempt's outcome is known already, or the message has ended. */
function unsettled(state: LiveMessage, number: number): Attempt | null {
  const attempt = findAttempt(state, number);
  if (attempt === undefined || isTerminal(state)) return null;
  return attempt.result.kind === 'open' || attempt.result.kind === 'unknown' ? attempt : null;
}

/** A late answer of the first owner counts as well as a prompt one. */
export function recordAccepted(data: RecordAccepted['data'], state: LiveMessage): readonly MessageEvent[] {
  const attempt = unsettled(state, data.attempt);
  if (attempt === null) return [];
  return [dispatchedEvent(state, attempt, { ...data, evidence: 'answer' })];
}

export function dispatchedEvent(
  state: LiveMessage,
  { number, tier, provider }: Attempt,
  known: Pick<MessageDispatched['data'], 'providerMessageId' | 'providerCost' | 'evidence'> & { graceSeconds: number },
): MessageDispatched {
  const { providerMessageId, providerCost, evidence, graceSeconds } = known;
  return {
    type: 'MessageDispatched',
    data: {
      messageId: state.order.messageId,
      attempt: number,
      tier,
      provider,
      providerMessageId,
      amount: priceAt(state, tier),
      providerCost,
      reportDeadline: reportDeadlineOf(state, graceSeconds),
      evidence,
    },
  };
}

export function recordRefused(data: RecordRefused['data'], state: LiveMessage): readonly MessageEvent[] {
  const attempt = unsettled(state, data.attempt);
  if (attempt === null) return [];
  const { messageId } = state.order;
  const { number, tier, provider } = attempt;
  const forThisMessage = data.class === 'F' || (data.class === 'F!' && data.scope !== 'account');
  const failed: DispatchFailed = {
    type: 'DispatchFailed',
    data: {
      messageId,
      attempt: number,
      tier,
      provider,
      class: data.class,
      scope: data.scope,
      code: data.code,
      failureCode: data.failureCode,
      reason: data.reason,
      tierRefused: data.byProvider && forThisMessage,
      retryAt: retryAt(data, state, attempt),
    },
  };
  if (data.class === 'P') {
    return [failed, failedEvent(state, attempt, { code: data.failureCode, reason: data.reason, permanent: true })];
  }
  return [failed, ...conclusionAfter(state, failed)];
}

/** The unbroken row of tries at one tier that this attempt ends, and its first. */
export function rowOfTries(state: LiveMessage, attempt: Attempt): { first: Attempt; retries: number } {
  let first = attempt;
  let retries = 0;
  for (;;) {
    const before = findAttempt(state, first.number - 1);
    if (before?.tier !== attempt.tier || before.result.kind !== 'refused' || before.result.retryAt === null) break;
    first = before;
    retries++;
  }
  return { first, retries };
}

/** Two retries at the same tier within thirty seconds of the first try, none beyond the validity. */
function retryAt(data: RecordRefused['data'], state: LiveMessage, attempt: Attempt): string | null {
  if (data.class !== 'R' || data.retryDelayMs === null) return null;
  // An answer so late that the message has been given up here, or tried elsewhere since, leaves nothing to retry.
  if (attempt.number !== state.attempts.length || attempt.result.kind !== 'open') return null;
  const { first, retries } = rowOfTries(state, attempt);
  const atMs = epochMs(data.at) + data.retryDelayMs;
  const tooMany = retries >= MOST_RETRIES || atMs > epochMs(first.startedAt) + RETRY_WINDOW_MS;
  return tooMany || atMs >= epochMs(state.order.validUntil) ? null : isoOf(atMs);
}

/** The end, where the last candidate has refused and no provider may have it; otherwise nothing. */
function conclusionAfter(state: LiveMessage, failed: DispatchFailed): readonly MessageEvent[] {
  const after = evolveMessage(state, failed);
  if (!isLive(after) || after.status !== 'queued' || openTiers(after).length > 0) return [];
  const accepted = lastAccepted(after);
  if (accepted?.result.kind === 'refused') {
    const { code, reason } = accepted.result;
    return [failedEvent(after, accepted, { code, reason, permanent: false })];
  }
  if (!everyTierRefused(after)) return [];
  const reason = 'every tier refused it';
  return [failedEvent(after, null, { code: 'all_tiers_refused', reason, permanent: false })];
}

/** Charged where a provider had accepted it once, released otherwise. */
export function failedEvent(
  state: LiveMessage,
  attempt: Attempt | null,
  why: { code: string; reason: string; permanent: boolean },
): MessageFailed {
  const where = { tier: attempt?.tier ?? null, provider: attempt?.provider ?? null };
  const charge = lastAccepted(state) === undefined ? 'released' : 'charged';
  return {
    type: 'MessageFailed',
    data: { messageId: state.order.messageId, ...why, attempt: attempt?.number ?? null, ...where, charge },
  };
}

export function recordUnknown(data: RecordUnknown['data'], state: LiveMessage): readonly MessageEvent[] {
  const attempt = unsettled(state, data.attempt);
  if (attempt?.result.kind !== 'open') return [];
  return [unknownEvent(state, attempt, 'no_answer', data.graceSeconds)];
}

export function examineClaim(data: ExamineClaim['data'], state: LiveMessage): readonly MessageEvent[] {
  const attempt = unsettled(state, data.attempt);
  if (attempt?.result.kind !== 'open' || epochMs(data.at) < claimExpiresMs(attempt)) return [];
  return [unknownEvent(state, attempt, 'claim_without_outcome', data.graceSeconds)];
}

function unknownEvent(
  state: LiveMessage,
  attempt: Attempt,
  reason: MessageOutcomeUnknown['data']['reason'],
  graceSeconds: number,
): MessageOutcomeUnknown {
  const { messageId, onUnknown } = state.order;
  const { number, tier, provider } = attempt;
  const resendAt =
    onUnknown === 'prefer_delivery' ? isoAfter(attempt.startedAt, attempt.deadlineMs + RESEND_AFTER_DEADLINE_MS) : null;
  return {
    type: 'MessageOutcomeUnknown',
    data: {
      messageId,
      attempt: number,
      tier,
      provider,
      reason,
      final: false,
      charge: state.charge,
      resendAt,
      reportDeadline: reportDeadlineOf(state, graceSeconds),
    },
  };
}
