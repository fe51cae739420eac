import type { Tier } from '../routing/tiers';
import { epochMs, isoOf } from '../shared/instants';
import { openTiers } from './candidates';
import { claimExpiresMs } from './dispatching';
import { mayGoAt, type Hours } from './hours';
import { isLive, isTerminal, type LiveMessage, type MessageState } from './state';

export type NextStep =
  /** It has ended, or there is none. */
  | { readonly kind: 'nothing' }
  /** A claim stands; from `examineAt` (ISO) on it counts as abandoned. */
  | { readonly kind: 'await_outcome'; readonly attempt: number; readonly examineAt: string }
  | { readonly kind: 'await_report'; readonly deadline: string }
  /** The report deadline has passed. */
  | { readonly kind: 'close' }
  /** The validity has ended and nobody has it. */
  | { readonly kind: 'expire' }
  /** The same tier again, not before `at`. */
  | { readonly kind: 'retry'; readonly tier: Tier; readonly at: string }
  /** Under prefer_delivery: another tier, not before `at`, unless the unknown outcome is settled by then. */
  | { readonly kind: 'resend'; readonly at: string }
  /** A claim may be made now, at the first of these tiers that takes it. Never empty. */
  | { readonly kind: 'dispatch'; readonly tiers: readonly Tier[] }
  /** It waits for its time. */
  | { readonly kind: 'await_time'; readonly at: string }
  /** Its time has come. */
  | { readonly kind: 'release' }
  /** No tier may be tried before `until`: they were left, or it is not the hour. */
  | { readonly kind: 'wait'; readonly until: string };

export interface StepQuestion {
  readonly nowMs: number;
  /** For how long a tier that was left (retries exhausted, no connection) is not tried again. Milliseconds. */
  readonly waitMs: number;
  /** A tier that has just opened again: it may be tried although it was left. */
  readonly opened: Tier | null;
  /** Tiers that take nothing now: a retry that waits for one of them leaves at once. */
  readonly shut: readonly Tier[];
  /** When promotion may go. */
  readonly hours: Hours;
}

/** What is next for this message? Everything that wakes a message up asks this, so that a wake-up too many does nothing. */
export function nextStep(state: MessageState, question: StepQuestion): NextStep {
  if (!isLive(state) || isTerminal(state)) return { kind: 'nothing' };
  switch (state.status) {
    case 'claimed': {
      const open = state.attempts.find(({ result }) => result.kind === 'open');
      if (open === undefined) return { kind: 'nothing' };
      return { kind: 'await_outcome', attempt: open.number, examineAt: isoOf(claimExpiresMs(open)) };
    }
    case 'dispatched':
      return awaitReport(state, question.nowMs);
    case 'unknown':
      return afterUnknown(state, question);
    case 'scheduled':
      return question.nowMs >= epochMs(state.sendAt) ? { kind: 'release' } : { kind: 'await_time', at: state.sendAt };
    case 'queued':
      if (question.nowMs >= epochMs(state.order.validUntil)) return { kind: 'expire' };
      return dispatchOrWait(state, question);
    default:
      return { kind: 'nothing' };
  }
}

function awaitReport(state: LiveMessage, nowMs: number): NextStep {
  const deadline = state.reportDeadline ?? state.order.validUntil;
  return nowMs >= epochMs(deadline) ? { kind: 'close' } : { kind: 'await_report', deadline };
}

function afterUnknown(state: LiveMessage, question: StepQuestion): NextStep {
  const last = state.attempts.at(-1);
  const neverAgain = state.order.onUnknown === 'never_twice' || last === undefined;
  if (neverAgain || question.nowMs >= epochMs(state.order.validUntil) || openTiers(state).length === 0) {
    return awaitReport(state, question.nowMs);
  }
  if (last.result.kind === 'unknown') {
    if (last.result.resendAt === null) return awaitReport(state, question.nowMs);
    if (question.nowMs < epochMs(last.result.resendAt)) return { kind: 'resend', at: last.result.resendAt };
  }
  return dispatchOrWait(state, question);
}

function dispatchOrWait(state: LiveMessage, question: StepQuestion): NextStep {
  const { nowMs, waitMs, opened, shut, hours } = question;
  const goesMs = mayGoAt(state.order.class, hours, nowMs);
  if (goesMs > nowMs) return { kind: 'wait', until: isoOf(Math.min(goesMs, epochMs(state.order.validUntil))) };
  const last = state.attempts.at(-1);
  const retryAt = last?.result.kind === 'refused' ? last.result.retryAt : null;
  const retried = last !== undefined && retryAt !== null && !shut.includes(last.tier) ? last.tier : null;
  if (retried !== null && retryAt !== null && nowMs < epochMs(retryAt)) {
    return { kind: 'retry', tier: retried, at: retryAt };
  }
  const ready: Tier[] = retried === null ? [] : [retried];
  let until = epochMs(state.order.validUntil);
  for (const tier of openTiers(state)) {
    if (tier === retried) continue;
    const left = state.attempts.findLast((attempt) => attempt.tier === tier);
    const againMs = left === undefined || tier === opened ? 0 : epochMs(left.startedAt) + waitMs;
    if (againMs <= nowMs) ready.push(tier);
    else until = Math.min(until, againMs);
  }
  return ready.length > 0 ? { kind: 'dispatch', tiers: ready } : { kind: 'wait', until: isoOf(until) };
}
