import {
  accepted,
  after,
  at,
  close,
  DAY_S,
  examine,
  expire,
  given,
  GRACE_S,
  order,
  outcome,
  preferDelivery,
  refused,
  report,
  start,
  types,
  unknown,
} from './message-fixture';

const sent = [start('tier_1', 1), accepted(1)];
const END = DAY_S + GRACE_S;

describe('a delivery report', () => {
  it('delivers', () => {
    expect(outcome(order(), ...sent, report(1, 'delivered'))).toEqual([
      {
        type: 'MessageDelivered',
        data: {
          messageId: order().data.messageId,
          attempt: 1,
          tier: 'tier_1',
          provider: 'at_tier_1',
          providerMessageId: 'id-1',
          reportedAt: at(60),
          charge: 'charged',
        },
      },
    ]);
  });
  it('delivers once, and nothing follows it', () => {
    expect(outcome(order(), ...sent, report(1, 'delivered'), report(1, 'delivered'))).toEqual([]);
    expect(outcome(order(), ...sent, report(1, 'delivered'), report(1, 'failed'))).toEqual([]);
    expect(outcome(order(), ...sent, report(1, 'delivered'), close(END))).toEqual([]);
  });
  it('of a step on the way changes nothing', () => {
    expect(outcome(order(), ...sent, report(1, 'in_transit'))).toEqual([]);
  });
  it('with another id or of another provider concerns another message', () => {
    expect(outcome(order(), ...sent, report(7, 'delivered'))).toEqual([]);
    expect(outcome(order(), ...sent, report(1, 'delivered', { provider: 'at_tier_2' }))).toEqual([]);
  });
  it('that is negative ends it, charged: no second copy is sent', () => {
    const failed = { code: 'unknown_subscriber', reason: 'nobody', permanent: true, charge: 'charged', attempt: 1 };
    const negative = report(1, 'failed', { failureCode: 'unknown_subscriber', reason: 'nobody', permanent: true });
    expect(outcome(order(), ...sent, negative)).toMatchObject([{ type: 'MessageFailed', data: failed }]);
  });
  it('lifts a failed message to delivered, and leaves the money alone', () => {
    const events = outcome(order(), ...sent, report(1, 'failed'), report(1, 'delivered'));
    expect(events).toMatchObject([{ type: 'MessageDelivered', data: { charge: 'charged' } }]);
  });
  it('lifts a message that was unknown for good, uncharged', () => {
    const late = report(1, 'delivered', { attempt: 1 });
    const events = outcome(order(), start('tier_1', 1), unknown(1), close(END), late);
    expect(events).toMatchObject([{ type: 'MessageDelivered', data: { charge: 'released' } }]);
  });
  it('that is negative changes nothing about a message that was unknown for good', () => {
    const late = report(1, 'failed', { attempt: 1 });
    expect(outcome(order(), start('tier_1', 1), unknown(1), close(END), late)).toEqual([]);
  });
  it('settles an unknown outcome, with the charge', () => {
    const settling = report(9, 'delivered', { attempt: 1 });
    const events = outcome(order(), start('tier_1', 1), unknown(1), settling);
    expect(events).toMatchObject([
      { type: 'MessageDispatched', data: { evidence: 'report', providerMessageId: 'id-9', amount: '8000' } },
      { type: 'MessageDelivered', data: { charge: 'charged' } },
    ]);
    expect(outcome(order(), start('tier_1', 1), unknown(1), settling, settling)).toEqual([]);
  });
  it('on the way settles an unknown outcome too', () => {
    const settling = report(9, 'in_transit', { attempt: 1 });
    expect(types(outcome(order(), start('tier_1', 1), unknown(1), settling))).toEqual(['MessageDispatched']);
  });
  it('never settles a call that is under way', () => {
    expect(outcome(order(), start('tier_1', 1), report(9, 'delivered', { attempt: 1 }))).toEqual([]);
  });
});

describe('a negative report under prefer_delivery', () => {
  const negative = (failureClass: 'R' | 'F' | 'P', seconds = 60) =>
    report(1, 'failed', { class: failureClass, reportedAt: at(seconds) });

  it.each(['R', 'F'] as const)('of class %s goes to the next tier', (failureClass) => {
    const events = outcome(preferDelivery, ...sent, negative(failureClass));
    expect(events).toMatchObject([{ type: 'DispatchFailed', data: { tierRefused: true, retryAt: null } }]);
    expect(outcome(preferDelivery, ...sent, negative(failureClass), start('tier_2', 61))).toMatchObject([
      { type: 'MessageRerouted', data: { reason: 'report_failed' } },
      { type: 'DispatchStarted', data: { attempt: 2 } },
    ]);
  });
  it('of class P ends it, charged', () => {
    expect(outcome(preferDelivery, ...sent, negative('P'))).toMatchObject([
      { type: 'MessageFailed', data: { charge: 'charged' } },
    ]);
  });
  it('ends it after the validity', () => {
    expect(types(outcome(preferDelivery, ...sent, negative('F', DAY_S)))).toEqual(['MessageFailed']);
  });
  it('ends it at the last tier, charged where it was last accepted', () => {
    const second = report(2, 'failed', { provider: 'at_tier_2' });
    const third = report(3, 'failed', { provider: 'at_tier_3' });
    const events = outcome(
      preferDelivery,
      ...[...sent, negative('F'), start('tier_2', 61), accepted(2), second, start('tier_3', 62), accepted(3), third],
    );
    expect(events).toMatchObject([{ type: 'MessageFailed', data: { tier: 'tier_3', charge: 'charged' } }]);
  });
  it('ends with the report’s reason when the tiers that are left refuse', () => {
    const events = outcome(
      preferDelivery,
      ...[...sent, negative('F'), start('tier_2', 61), refused(2, 'F', 62), start('tier_3', 63), refused(3, 'F', 64)],
    );
    expect(types(events)).toEqual(['DispatchFailed', 'MessageFailed']);
    expect(events[1]).toMatchObject({ data: { code: 'delivery_failed', tier: 'tier_1', charge: 'charged' } });
  });
  it('is lifted by a late positive report of the first tier', () => {
    const events = outcome(preferDelivery, ...sent, negative('F'), start('tier_2', 61), report(1, 'delivered'));
    expect(events).toMatchObject([{ type: 'MessageDelivered', data: { tier: 'tier_1', charge: 'charged' } }]);
  });
});

describe('the report deadline', () => {
  it('ends a dispatched message as unknown, charged', () => {
    expect(outcome(order(), ...sent, close(END - 1))).toEqual([]);
    expect(outcome(order(), ...sent, close(END))).toMatchObject([
      { type: 'MessageOutcomeUnknown', data: { final: true, reason: 'no_report', charge: 'charged' } },
    ]);
    expect(outcome(order(), ...sent, close(END), close(END))).toEqual([]);
  });
  it('ends an unknown one as unknown, released', () => {
    expect(outcome(order(), start('tier_1', 1), examine(1, 60), close(END))).toMatchObject([
      { type: 'MessageOutcomeUnknown', data: { final: true, charge: 'released' } },
    ]);
  });
  it('has nothing to say to a message that nobody has', () => {
    expect(outcome(order(), close(END))).toEqual([]);
  });
});

describe('the end of validity', () => {
  it('expires a message that no provider has, released', () => {
    expect(outcome(order(), expire(DAY_S - 1))).toEqual([]);
    expect(outcome(order(), expire(DAY_S))).toEqual([
      { type: 'MessageExpired', data: { messageId: order().data.messageId, charge: 'released' } },
    ]);
  });
  it('fails it where only money stood in the way', () => {
    expect(outcome(order(), expire(DAY_S, true))).toMatchObject([
      { type: 'MessageFailed', data: { code: 'insufficient_funds', charge: 'released', permanent: false } },
    ]);
  });
  it('fails it with the report’s reason where a provider had accepted it', () => {
    const negative = report(1, 'failed', { class: 'F' });
    expect(outcome(preferDelivery, ...sent, negative, expire(DAY_S))).toMatchObject([
      { type: 'MessageFailed', data: { code: 'delivery_failed', charge: 'charged' } },
    ]);
  });
  it.each([
    ['dispatched', sent],
    ['claimed', [start('tier_1', 1)]],
    ['unknown', [start('tier_1', 1), unknown(1)]],
  ])('leaves a %s message alone', (status, commands) => {
    expect(given(after(order(), ...commands))).toMatchObject({ status });
    expect(outcome(order(), ...commands, expire(DAY_S))).toEqual([]);
  });
});
