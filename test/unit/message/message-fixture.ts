import type { MessageCommand, RecordRefused, RecordReport, StartDispatch } from '../../../src/domain/message/commands';
import { messageDecider } from '../../../src/domain/message/decider';
import type { MessageEvent, MessageQueued, MessageScheduled } from '../../../src/domain/message/events';
import type { MessageState } from '../../../src/domain/message/state';
import type { Tier } from '../../../src/domain/routing/tiers';
import { fold } from '../../../src/domain/shared/decider';
import { isoOf } from '../../../src/domain/shared/instants';
import { queued } from '../../support/message-events';

/** 2026-11-22T06:00:00Z; the message is valid for a day from then on. */
export const T0 = 1_795_327_200_000;
export const at = (seconds: number): string => isoOf(T0 + seconds * 1000);
export const DAY_S = 86_400;
export const GRACE_S = 600;
export const REPORT_DEADLINE = at(DAY_S + GRACE_S);

/** An order over three tiers, at 0.8, 1.0 and 1.2 KES. */
export const order = (data: Partial<MessageQueued['data']> = {}): MessageQueued =>
  queued(1, {
    candidates: ['tier_1', 'tier_2', 'tier_3'],
    prices: { tier_1: '8000', tier_2: '10000', tier_3: '12000' },
    validUntil: at(DAY_S),
    ...data,
  });
/** The same, to be sent so many seconds after T0, valid for a day from then on. */
export function scheduled(seconds: number, data: Partial<MessageQueued['data']> = {}): MessageScheduled {
  const { validUntil: _, ...rest } = order(data).data;
  return {
    type: 'MessageScheduled',
    data: { ...rest, sendAt: at(seconds), validForSeconds: DAY_S, reason: 'requested' },
  };
}
export const preferDelivery = order({ onUnknown: 'prefer_delivery' });

export const given = (events: readonly MessageEvent[]): MessageState => fold(messageDecider, events);

/** A message's course by commands: each is decided on what the ones before it led to. */
export function after(start: MessageQueued | MessageScheduled, ...commands: MessageCommand[]): MessageEvent[] {
  const events: MessageEvent[] = [start];
  for (const command of commands) events.push(...messageDecider.decide(command, given(events)));
  return events;
}

/** The events that the last command led to. */
export function outcome(start: MessageQueued | MessageScheduled, ...commands: MessageCommand[]): MessageEvent[] {
  const before = after(start, ...commands.slice(0, -1)).length;
  return after(start, ...commands).slice(before);
}

export const start = (tier: Tier, seconds: number): StartDispatch => ({
  type: 'StartDispatch',
  data: { tier, provider: `at_${tier}`, deadlineMs: 10_000, startedAt: at(seconds) },
});
export const accepted = (attempt: number): MessageCommand => ({
  type: 'RecordAccepted',
  data: { attempt, providerMessageId: `id-${attempt}`, providerCost: 'KES 0.8000', graceSeconds: GRACE_S },
});
export const unknown = (attempt: number): MessageCommand => ({
  type: 'RecordUnknown',
  data: { attempt, graceSeconds: GRACE_S },
});
export const refused = (
  attempt: number,
  failureClass: RecordRefused['data']['class'],
  seconds: number,
  data: Partial<RecordRefused['data']> = {},
): MessageCommand => ({
  type: 'RecordRefused',
  data: {
    attempt,
    class: failureClass,
    scope: null,
    code: '407',
    reason: 'no route',
    failureCode: 'no_route',
    byProvider: true,
    at: at(seconds),
    retryDelayMs: 1_000,
    ...data,
  },
});
export const examine = (attempt: number, seconds: number): MessageCommand => ({
  type: 'ExamineClaim',
  data: { attempt, at: at(seconds), graceSeconds: GRACE_S },
});
export const report = (
  attempt: number,
  result: RecordReport['data']['outcome'],
  data: Partial<RecordReport['data']> = {},
): MessageCommand => ({
  type: 'RecordReport',
  data: {
    provider: 'at_tier_1',
    providerMessageId: `id-${attempt}`,
    attempt: null,
    outcome: result,
    class: result === 'failed' ? ('F' as const) : null,
    code: 'Failed',
    reason: 'not delivered',
    failureCode: 'delivery_failed',
    permanent: false,
    reportedAt: at(60),
    graceSeconds: GRACE_S,
    ...data,
  },
});
export const close = (seconds: number): MessageCommand => ({
  type: 'CloseAtReportDeadline',
  data: { at: at(seconds) },
});
export const expire = (seconds: number, moneyOnly = false): MessageCommand => ({
  type: 'Expire',
  data: { at: at(seconds), moneyOnly },
});

/** Types in order, for courses where only those matter. */
export const types = (events: readonly MessageEvent[]): string[] => events.map(({ type }) => type);
