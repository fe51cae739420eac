import { messageDecider } from '../../../src/domain/message/decider';
import type { MessageEvent } from '../../../src/domain/message/events';
import type { DomainError } from '../../../src/domain/shared/domain-error';
import {
  accepted,
  after,
  at,
  DAY_S,
  examine,
  given,
  order,
  outcome,
  preferDelivery,
  refused,
  REPORT_DEADLINE,
  start,
  types,
  unknown,
} from './message-fixture';

const refusal = (code: DomainError['code']): Error => expect.objectContaining({ code });
const first = (events: readonly MessageEvent[]) => events[0];

describe('queueing and abandoning', () => {
  const queue = { type: 'QueueMessage', data: order().data } as const;
  const { messageId, reservationId } = order().data;
  const abandon = (id: string) => ({ type: 'AbandonMessage', data: { messageId, reservationId: id } }) as const;
  const abandoned = (id: string): MessageEvent => ({ type: 'MessageAbandoned', data: abandon(id).data });

  it('queues', () => expect(messageDecider.decide(queue, given([]))).toEqual([order()]));
  it('queues once', () => expect(messageDecider.decide(queue, given([order()]))).toEqual([]));
  it('refuses another request for the same id', () => {
    const other = { ...queue, data: { ...queue.data, reservationId: 'rsv_other' } };
    expect(() => messageDecider.decide(other, given([order()]))).toThrow(refusal('conflict'));
  });
  it('queues behind another reservation that was abandoned', () => {
    expect(messageDecider.decide(queue, given([abandoned('rsv_other')]))).toEqual([order()]);
  });
  it('refuses a request whose own reservation was given back', () => {
    const state = given([abandoned(reservationId), abandoned('rsv_other')]);
    expect(() => messageDecider.decide(queue, state)).toThrow(refusal('unavailable'));
  });
  it('abandons once', () => {
    expect(messageDecider.decide(abandon('rsv_a'), given([]))).toEqual([abandoned('rsv_a')]);
    expect(messageDecider.decide(abandon('rsv_a'), given([abandoned('rsv_a')]))).toEqual([]);
    expect(messageDecider.decide(abandon('rsv_b'), given([abandoned('rsv_a')]))).toEqual([abandoned('rsv_b')]);
  });
  it('does not abandon what a message names', () => {
    expect(() => messageDecider.decide(abandon(reservationId), given([order()]))).toThrow(refusal('conflict'));
    expect(messageDecider.decide(abandon('rsv_other'), given([order()]))).toEqual([]);
  });
});

describe('claiming', () => {
  it('claims at the tier that was quoted', () => {
    const { messageId } = order().data;
    const data = {
      messageId,
      attempt: 1,
      tier: 'tier_1',
      provider: 'at_tier_1',
      startedAt: at(1),
      deadlineMs: 10_000,
    };
    expect(outcome(order(), start('tier_1', 1))).toEqual([{ type: 'DispatchStarted', data }]);
  });
  it('says where it goes when the quoted tier is shut', () => {
    const [rerouted, started] = outcome(order(), start('tier_2', 1));
    const data = { fromTier: 'tier_1', toTier: 'tier_2', reason: 'tier_unavailable', amount: '10000' };
    expect(rerouted).toMatchObject({ type: 'MessageRerouted', data });
    expect(started).toMatchObject({ type: 'DispatchStarted', data: { attempt: 1, tier: 'tier_2' } });
  });
  it('lets one claim stand at a time', () => {
    expect(outcome(order(), start('tier_1', 1), start('tier_2', 2))).toEqual([]);
    expect(outcome(order(), start('tier_1', 1), accepted(1), start('tier_2', 2))).toEqual([]);
  });
  it('never claims again after an unknown outcome', () => {
    expect(outcome(order(), start('tier_1', 1), unknown(1), start('tier_2', 9_000))).toEqual([]);
  });
  it('refuses a tier that has refused', () => {
    expect(() => outcome(order(), start('tier_1', 1), refused(1, 'F', 2), start('tier_1', 3))).toThrow(
      refusal('conflict'),
    );
  });
  it('refuses when the validity has ended', () => {
    expect(() => outcome(order(), start('tier_1', DAY_S))).toThrow(refusal('conflict'));
  });
});

describe('an accepted attempt', () => {
  it('is dispatched at the price of the tier that took it, with a report deadline', () => {
    expect(outcome(order(), start('tier_2', 1), accepted(1))).toEqual([
      {
        type: 'MessageDispatched',
        data: {
          messageId: order().data.messageId,
          attempt: 1,
          tier: 'tier_2',
          provider: 'at_tier_2',
          providerMessageId: 'id-1',
          amount: '10000',
          providerCost: 'KES 0.8000',
          reportDeadline: REPORT_DEADLINE,
          evidence: 'answer',
        },
      },
    ]);
    expect(given(after(order(), start('tier_2', 1), accepted(1)))).toMatchObject({ charge: 'charged' });
  });
  it('is not charged before it is final under prefer_delivery', () => {
    expect(given(after(preferDelivery, start('tier_1', 1), accepted(1)))).toMatchObject({
      status: 'dispatched',
      charge: 'reserved',
    });
  });
  it('is recorded once', () => expect(outcome(order(), start('tier_1', 1), accepted(1), accepted(1))).toEqual([]));
  it('counts even when the claim was given up before the answer', () => {
    const events = outcome(order(), start('tier_1', 1), examine(1, 20), accepted(1));
    expect(types(events)).toEqual(['MessageDispatched']);
  });
});

describe('a refused attempt', () => {
  const failed = (...commands: Parameters<typeof outcome> extends [unknown, ...infer Rest] ? Rest : never) =>
    first(outcome(order(), ...commands));

  it('of class F has been refused by the tier, for good', () => {
    expect(failed(start('tier_1', 1), refused(1, 'F', 2))).toMatchObject({
      type: 'DispatchFailed',
      data: { class: 'F', tierRefused: true, retryAt: null },
    });
  });
  it('has not been refused by the tier where the code is not the provider’s own', () => {
    expect(failed(start('tier_1', 1), refused(1, 'F', 2, { byProvider: false }))).toMatchObject({
      data: { tierRefused: false },
    });
  });
  it.each([
    ['account', false],
    ['sender', true],
    ['destination', true],
  ] as const)('of class F! for the %s: refused by the tier %s', (scope, tierRefused) => {
    expect(failed(start('tier_1', 1), refused(1, 'F!', 2, { scope }))).toMatchObject({ data: { tierRefused } });
  });
  it('of class R is tried again twice at the same tier, then left', () => {
    const tries = [
      ...[start('tier_1', 1), refused(1, 'R', 2), start('tier_1', 3), refused(2, 'R', 4)],
      ...[start('tier_1', 5), refused(3, 'R', 6)],
    ];
    const retries = after(order(), ...tries).flatMap((event) =>
      event.type === 'DispatchFailed' ? [event.data.retryAt] : [],
    );
    expect(retries).toEqual([at(3), at(5), null]);
    expect(given(after(order(), ...tries))).toMatchObject({ status: 'queued' });
  });
  it('of class R is not tried again more than thirty seconds after the first try', () => {
    const late = failed(start('tier_1', 1), refused(1, 'R', 2, { retryDelayMs: 29_001 }));
    expect(late).toMatchObject({ data: { retryAt: null } });
    const inTime = failed(start('tier_1', 1), refused(1, 'R', 2, { retryDelayMs: 29_000 }));
    expect(inTime).toMatchObject({ data: { retryAt: at(31) } });
    const second = failed(
      start('tier_1', 1),
      ...[refused(1, 'R', 2, { retryDelayMs: 20_000 }), start('tier_1', 22)],
      refused(2, 'R', 23, { retryDelayMs: 9_000 }),
    );
    expect(second).toMatchObject({ data: { retryAt: null } });
  });
  it('of class R counts anew when the tier is tried again after a wait', () => {
    const left = [start('tier_1', 1), refused(1, 'R', 2, { retryDelayMs: null })];
    expect(failed(...left, start('tier_1', 70), refused(2, 'R', 71))).toMatchObject({ data: { retryAt: at(72) } });
  });
  it('of class R is not tried again beyond the validity', () => {
    expect(failed(start('tier_1', DAY_S - 5), refused(1, 'R', DAY_S - 1))).toMatchObject({ data: { retryAt: null } });
  });
  it('of class P fails the message, and the money goes back', () => {
    const [, end] = outcome(order(), start('tier_1', 1), refused(1, 'P', 2, { failureCode: 'invalid_number' }));
    expect(end).toMatchObject({
      type: 'MessageFailed',
      data: { code: 'invalid_number', permanent: true, attempt: 1, charge: 'released' },
    });
  });
  it('ends the message once every tier has refused it', () => {
    const events = outcome(
      order(),
      ...[start('tier_1', 1), refused(1, 'F', 2), start('tier_2', 3), refused(2, 'F', 4)],
      ...[start('tier_3', 5), refused(3, 'F!', 6, { scope: 'sender' })],
    );
    expect(types(events)).toEqual(['DispatchFailed', 'MessageFailed']);
    expect(events[1]).toMatchObject({ data: { code: 'all_tiers_refused', permanent: false, charge: 'released' } });
  });
  it('does not end it while a tier was only left', () => {
    const events = outcome(
      order(),
      ...[start('tier_1', 1), refused(1, 'R', 2, { retryDelayMs: null }), start('tier_2', 3), refused(2, 'F', 4)],
      ...[start('tier_3', 5), refused(3, 'F', 6)],
    );
    expect(types(events)).toEqual(['DispatchFailed']);
  });
  it('is recorded once', () => {
    expect(outcome(order(), start('tier_1', 1), refused(1, 'F', 2), refused(1, 'F', 2))).toEqual([]);
  });
  it('goes on after all when the refusal came late', () => {
    const state = given(after(order(), start('tier_1', 1), examine(1, 20), refused(1, 'R', 21)));
    expect(state).toMatchObject({ status: 'queued' });
  });
});

describe('an unknown outcome', () => {
  it('keeps the reservation and is never sent again under never_twice', () => {
    expect(outcome(order(), start('tier_1', 1), unknown(1))).toMatchObject([
      {
        type: 'MessageOutcomeUnknown',
        data: {
          reason: 'no_answer',
          final: false,
          charge: 'reserved',
          reportDeadline: REPORT_DEADLINE,
          resendAt: null,
        },
      },
    ]);
  });
  it('may be sent by another tier thirty seconds after the deadline under prefer_delivery', () => {
    expect(outcome(preferDelivery, start('tier_1', 1), unknown(1))).toMatchObject([{ data: { resendAt: at(41) } }]);
    expect(outcome(preferDelivery, start('tier_1', 1), unknown(1), start('tier_2', 40))).toEqual([]);
    expect(outcome(preferDelivery, start('tier_1', 1), unknown(1), start('tier_2', 41))).toMatchObject([
      { type: 'MessageRerouted', data: { reason: 'unknown_outcome' } },
      { type: 'DispatchStarted', data: { attempt: 2, tier: 'tier_2' } },
    ]);
  });
  it('is never sent again by the tier that may have it', () => {
    expect(() => outcome(preferDelivery, start('tier_1', 1), unknown(1), start('tier_1', 41))).toThrow(
      refusal('conflict'),
    );
  });
  it('keeps enough reserved for the tier that may have it', () => {
    const events = outcome(preferDelivery, ...[start('tier_3', 1), unknown(1), start('tier_1', 41)]);
    expect(events[0]).toMatchObject({ type: 'MessageRerouted', data: { toTier: 'tier_1', amount: '12000' } });
  });
  it('does not end the message when the tiers that are left refuse', () => {
    const events = outcome(
      preferDelivery,
      ...[start('tier_1', 1), unknown(1), start('tier_2', 41), refused(2, 'F', 42)],
      ...[start('tier_3', 43), refused(3, 'F', 44)],
    );
    expect(types(events)).toEqual(['DispatchFailed']);
  });
});

describe('a claim without an outcome', () => {
  it('is left alone until it is older than the deadline and five seconds', () => {
    expect(outcome(order(), start('tier_1', 1), examine(1, 15.999))).toEqual([]);
    expect(outcome(order(), start('tier_1', 1), examine(1, 16))).toMatchObject([
      { type: 'MessageOutcomeUnknown', data: { reason: 'claim_without_outcome', final: false } },
    ]);
  });
  it('is examined once', () => {
    expect(outcome(order(), start('tier_1', 1), examine(1, 16), examine(1, 99))).toEqual([]);
    expect(outcome(order(), start('tier_1', 1), accepted(1), examine(1, 99))).toEqual([]);
  });
});
