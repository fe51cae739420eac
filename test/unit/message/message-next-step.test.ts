import type { MessageCommand } from '../../../src/domain/message/commands';
import { KENYAN_HOURS } from '../../../src/domain/message/hours';
import { nextStep, type StepQuestion } from '../../../src/domain/message/next-step';
import type { MessageQueued } from '../../../src/domain/message/events';
import {
  accepted,
  after,
  at,
  close,
  DAY_S,
  given,
  GRACE_S,
  order,
  preferDelivery,
  refused,
  report,
  REPORT_DEADLINE,
  start,
  T0,
  unknown,
} from './message-fixture';

const next = (
  seconds: number,
  commands: MessageCommand[],
  extra: Partial<StepQuestion> = {},
  from: MessageQueued = order(),
) =>
  nextStep(given(after(from, ...commands)), {
    nowMs: T0 + seconds * 1000,
    waitMs: 60_000,
    opened: null,
    shut: [],
    hours: KENYAN_HOURS,
    ...extra,
  });
const left = (attempt: number, seconds: number) => refused(attempt, 'R', seconds, { retryDelayMs: null });

describe('what is next', () => {
  it('dispatches a fresh message, at any candidate', () => {
    expect(next(0, [])).toEqual({ kind: 'dispatch', tiers: ['tier_1', 'tier_2', 'tier_3'] });
  });
  it('waits for the outcome of a claim', () => {
    expect(next(2, [start('tier_1', 1)])).toEqual({ kind: 'await_outcome', attempt: 1, examineAt: at(16) });
  });
  it('waits for the report, then closes', () => {
    const sent = [start('tier_1', 1), accepted(1)];
    expect(next(2, sent)).toEqual({ kind: 'await_report', deadline: REPORT_DEADLINE });
    expect(next(DAY_S + GRACE_S, sent)).toEqual({ kind: 'close' });
    expect(next(DAY_S + GRACE_S, [...sent, close(DAY_S + GRACE_S)])).toEqual({ kind: 'nothing' });
  });
  it('has nothing more to do after the end', () => {
    expect(next(99, [start('tier_1', 1), accepted(1), report(1, 'delivered')])).toEqual({ kind: 'nothing' });
    expect(nextStep({ status: 'none' }, { nowMs: T0, waitMs: 0, opened: null, shut: [], hours: KENYAN_HOURS })).toEqual(
      { kind: 'nothing' },
    );
  });
  it('expires a message that nobody has', () => expect(next(DAY_S, [])).toEqual({ kind: 'expire' }));
  it('retries at the same tier when it is time, other tiers behind it', () => {
    const failed = [start('tier_1', 1), refused(1, 'R', 2)];
    expect(next(2.5, failed)).toEqual({ kind: 'retry', tier: 'tier_1', at: at(3) });
    expect(next(3, failed)).toEqual({ kind: 'dispatch', tiers: ['tier_1', 'tier_2', 'tier_3'] });
  });
  it('leaves at once a tier that has shut meanwhile', () => {
    const failed = [start('tier_1', 1), refused(1, 'R', 2)];
    expect(next(2.5, failed, { shut: ['tier_1'] })).toEqual({ kind: 'dispatch', tiers: ['tier_2', 'tier_3'] });
  });
  it('goes to the next tier now after a refusal', () => {
    const failed = [start('tier_1', 1), refused(1, 'F', 2)];
    expect(next(2, failed)).toEqual({ kind: 'dispatch', tiers: ['tier_2', 'tier_3'] });
  });
  it('comes back to a tier that was left only after a wait, or when it opens', () => {
    const commands = [
      ...[start('tier_1', 1), left(1, 2), start('tier_2', 3), refused(2, 'F', 4), start('tier_3', 5)],
      refused(3, 'F', 6),
    ];
    expect(next(7, commands)).toEqual({ kind: 'wait', until: at(61) });
    expect(next(61, commands)).toEqual({ kind: 'dispatch', tiers: ['tier_1'] });
    expect(next(7, commands, { opened: 'tier_1' })).toEqual({ kind: 'dispatch', tiers: ['tier_1'] });
  });
  it('lets promotion that was not sent in its hours wait for the next ones, or its end', () => {
    const promotion = order({ class: 'promotional' });
    expect(next(32_399, [], {}, promotion)).toMatchObject({ kind: 'dispatch' });
    expect(next(32_400, [], {}, promotion)).toEqual({ kind: 'wait', until: at(82_800) });
    expect(next(32_400, [], { opened: 'tier_1' }, promotion)).toMatchObject({ kind: 'wait' });
    expect(next(32_400, [start('tier_1', 32_000), refused(1, 'F', 32_001)], {}, promotion)).toMatchObject({
      kind: 'wait',
    });
    expect(next(82_800, [], {}, promotion)).toMatchObject({ kind: 'dispatch' });
    const short = order({ class: 'promotional', validUntil: at(40_000) });
    expect(next(32_400, [], {}, short)).toEqual({ kind: 'wait', until: at(40_000) });
    expect(next(40_000, [], {}, short)).toEqual({ kind: 'expire' });
  });
  it('waits no longer than the validity', () => {
    const commands = [start('tier_1', DAY_S - 10), left(1, DAY_S - 9)];
    const only = order({ candidates: ['tier_1'] });
    expect(next(DAY_S - 8, commands, {}, only)).toEqual({ kind: 'wait', until: at(DAY_S) });
  });
  it('never sends an unknown one again under never_twice', () => {
    expect(next(9_000, [start('tier_1', 1), unknown(1)])).toEqual({ kind: 'await_report', deadline: REPORT_DEADLINE });
  });
  it('sends an unknown one by another tier under prefer_delivery', () => {
    const commands = [start('tier_1', 1), unknown(1)];
    expect(next(5, commands, {}, preferDelivery)).toEqual({ kind: 'resend', at: at(41) });
    expect(next(41, commands, {}, preferDelivery)).toEqual({ kind: 'dispatch', tiers: ['tier_2', 'tier_3'] });
    expect(next(DAY_S, commands, {}, preferDelivery)).toEqual({ kind: 'await_report', deadline: REPORT_DEADLINE });
  });
});
