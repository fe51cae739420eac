import type { MessageCommand } from '../../../src/domain/message/commands';
import { KENYAN_HOURS } from '../../../src/domain/message/hours';
import { nextStep } from '../../../src/domain/message/next-step';
import { checkSendAt } from '../../../src/domain/message/scheduling';
import { accepted, after, at, DAY_S, given, order, outcome, scheduled, start, T0 } from './message-fixture';

const release = (seconds: number, data: object = {}): MessageCommand => ({
  type: 'ReleaseMessage',
  data: { at: at(seconds), candidates: ['tier_1', 'tier_2', 'tier_3'], refusal: null, hours: KENYAN_HOURS, ...data },
});
const move = (seconds: number, now = 0): MessageCommand => ({
  type: 'RescheduleMessage',
  data: { now: at(now), sendAt: at(seconds), hours: KENYAN_HOURS },
});
const cancel: MessageCommand = { type: 'CancelMessage' };
const conflict = expect.objectContaining({ code: 'conflict' }) as Error;

describe('a scheduled message', () => {
  const later = scheduled(3_600);

  it('waits, and cannot be dispatched before its time', () => {
    const state = given([later]);
    expect(state).toMatchObject({ status: 'scheduled', charge: 'reserved', order: { validUntil: at(3_600 + DAY_S) } });
    const ask = (seconds: number) =>
      nextStep(state, { nowMs: T0 + seconds * 1_000, waitMs: 1, opened: null, shut: [], hours: KENYAN_HOURS }).kind;
    expect([ask(0), ask(3_599.9), ask(3_600)]).toEqual(['await_time', 'await_time', 'release']);
    expect(outcome(later, start('tier_1', 10))).toEqual([]);
    expect(outcome(later, release(3_599))).toEqual([]);
  });
  it('is queued once, with the same order, valid from then on', () => {
    const [queued, ...others] = outcome(later, release(3_700));
    expect(others).toEqual([]);
    expect(queued).toEqual({ ...order(), data: { ...order().data, validUntil: at(3_700 + DAY_S) } });
    expect(outcome(later, release(3_700), release(3_701))).toEqual([]);
    expect(given(after(later, release(3_700)))).toMatchObject({ status: 'queued' });
  });
  it('goes only to tiers that still know its sender', () => {
    expect(outcome(later, release(3_600, { candidates: ['tier_3', 'tier_1'] }))).toMatchObject([
      { type: 'MessageQueued', data: { candidates: ['tier_1', 'tier_3'] } },
    ]);
    expect(outcome(later, release(3_600, { candidates: [] }))).toMatchObject([
      { type: 'MessageFailed', data: { code: 'sender_id_not_registered', charge: 'released', attempt: null } },
    ]);
  });
  it('fails with what speaks against it by then', () => {
    const refusal = { code: 'recipient_blocked', reason: 'blocked' };
    expect(outcome(later, release(3_600, { refusal }))).toMatchObject([
      { type: 'MessageFailed', data: { ...refusal, permanent: true, charge: 'released' } },
    ]);
  });
  it('can be moved while it waits', () => {
    expect(outcome(later, move(7_200))).toEqual([
      { type: 'MessageRescheduled', data: { messageId: later.data.messageId, sendAt: at(7_200), reason: 'requested' } },
    ]);
    expect(given(after(later, move(7_200)))).toMatchObject({
      sendAt: at(7_200),
      order: { validUntil: at(7_200 + DAY_S) },
    });
    expect(outcome(later, move(3_600))).toEqual([]);
    expect(() => outcome(later, move(100, 100))).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    expect(() => outcome(later, release(3_600), move(7_200))).toThrow(conflict);
    expect(() => outcome(order(), move(7_200))).toThrow(conflict);
  });
  it('goes at its hours where it is promotion, and waits for the next ones at any other', () => {
    const promotion = scheduled(3_600, { class: 'promotional' });
    expect(outcome(promotion, release(3_600))).toMatchObject([{ type: 'MessageQueued' }]);
    expect(outcome(promotion, release(32_399))).toMatchObject([{ type: 'MessageQueued' }]);
    const { messageId } = promotion.data;
    const tomorrow = { type: 'MessageRescheduled', data: { messageId, sendAt: at(82_800), reason: 'hours' } };
    expect(outcome(promotion, release(32_400))).toEqual([tomorrow]);
    expect(given(after(promotion, release(32_400)))).toMatchObject({ status: 'scheduled', sendAt: at(82_800) });
    expect(outcome(promotion, release(32_400), release(82_800))).toMatchObject([
      { type: 'MessageQueued', data: { validUntil: at(82_800 + DAY_S) } },
    ]);
    expect(outcome(promotion, move(40_000))).toEqual([tomorrow]);
    expect(outcome(promotion, move(40_000), move(50_000))).toEqual([]);
    const refusal = { code: 'recipient_opted_out', reason: 'opted out' };
    expect(outcome(promotion, release(32_400, { refusal }))).toMatchObject([{ type: 'MessageFailed', data: refusal }]);
  });
  it('can be at most 180 days ahead, and not at once', () => {
    for (const seconds of [1, 180 * DAY_S]) expect(() => checkSendAt(at(seconds), T0)).not.toThrow();
    for (const seconds of [-1, 0.9, 180 * DAY_S + 1]) {
      expect(() => checkSendAt(at(seconds), T0)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    }
  });
});

describe('taking a message back', () => {
  const cancelled = { type: 'MessageCancelled', data: { messageId: order().data.messageId, charge: 'released' } };

  it('works until an attempt has begun, once', () => {
    expect(outcome(scheduled(60), cancel)).toEqual([cancelled]);
    expect(outcome(order(), cancel)).toEqual([cancelled]);
    expect(outcome(order(), cancel, cancel)).toEqual([]);
  });
  it('is too late afterwards, and nothing follows it', () => {
    expect(() => outcome(order(), start('tier_1', 1), cancel)).toThrow(conflict);
    expect(() => outcome(order(), start('tier_1', 1), accepted(1), cancel)).toThrow(conflict);
    expect(outcome(scheduled(60), cancel, release(60))).toEqual([]);
    expect(outcome(order(), cancel, start('tier_1', 1))).toEqual([]);
  });
});
