import fc from 'fast-check';
import { messageDecider } from '../../../src/domain/message/decider';
import type { MessageCommand } from '../../../src/domain/message/commands';
import type { MessageEvent } from '../../../src/domain/message/events';
import { isTerminal, type MessageState } from '../../../src/domain/message/state';
import { DomainError } from '../../../src/domain/shared/domain-error';
import { isoOf } from '../../../src/domain/shared/instants';
import {
  accepted,
  close,
  DAY_S,
  examine,
  expire,
  GRACE_S,
  order,
  refused,
  report,
  start,
  unknown,
} from './message-fixture';

const tier = fc.constantFrom('tier_1', 'tier_2', 'tier_3');
const attempt = fc.integer({ min: 1, max: 5 });
const seconds = fc.integer({ min: 0, max: DAY_S + GRACE_S + 10 });
const settles = fc.option(attempt, { nil: null });
const failureClass = fc.constantFrom('R', 'F', 'F!', 'P');

const command: fc.Arbitrary<MessageCommand> = fc.oneof(
  fc.tuple(tier, seconds).map(([at, s]) => start(at, s)),
  attempt.map(accepted),
  attempt.map(unknown),
  fc
    .tuple(attempt, failureClass, seconds, fc.boolean())
    .map(([n, c, s, byProvider]) => refused(n, c, s, { byProvider })),
  fc.tuple(attempt, seconds).map(([n, s]) => examine(n, s)),
  fc
    .tuple(attempt, tier, fc.constantFrom('delivered', 'failed', 'in_transit'), settles)
    .map(([n, at, result, settled]) => report(n, result, { provider: `at_${at}`, attempt: settled })),
  seconds.map(close),
  fc.tuple(seconds, fc.boolean()).map(([s, moneyOnly]) => expire(s, moneyOnly)),
);
const onUnknown = fc.constantFrom('never_twice', 'prefer_delivery');
const course = fc.tuple(onUnknown, fc.array(command, { maxLength: 40 }));

/** A refusal leaves everything as it was. */
function decide(one: MessageCommand, state: MessageState): readonly MessageEvent[] {
  try {
    return messageDecider.decide(one, state);
  } catch (error) {
    if (error instanceof DomainError) return [];
    throw error;
  }
}

interface Step {
  readonly before: MessageState;
  readonly command: MessageCommand;
  readonly events: readonly MessageEvent[];
  readonly after: MessageState;
}

function steps([policy, commands]: readonly ['never_twice' | 'prefer_delivery', MessageCommand[]]): Step[] {
  let state = messageDecider.evolve(messageDecider.initialState, order({ onUnknown: policy }));
  return commands.map((one) => {
    const before = state;
    const events = decide(one, before);
    for (const event of events) state = messageDecider.evolve(state, event);
    return { before, command: one, events, after: state };
  });
}

const holds = (check: (all: Step[]) => void): void =>
  fc.assert(
    fc.property(course, (c) => check(steps(c))),
    { numRuns: 500 },
  );

describe('whatever comes, in whatever order', () => {
  it('ends for good, but for a late delivery', () => {
    holds((all) => {
      for (const { before, events } of all) {
        if (!isTerminal(before)) continue;
        expect(events.every(({ type }) => type === 'MessageDelivered')).toBe(true);
        if (before.status === 'delivered') expect(events).toEqual([]);
      }
    });
  });
  it('numbers its attempts one after the other', () => {
    holds((all) => {
      const numbers = all.flatMap(({ events }) =>
        events.flatMap((e) => (e.type === 'DispatchStarted' ? [e.data.attempt] : [])),
      );
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    });
  });
  it('has one claim at a time', () => {
    holds((all) => {
      for (const { after } of all) {
        if (!('attempts' in after)) continue;
        expect(after.attempts.filter(({ result }) => result.kind === 'open').length).toBeLessThanOrEqual(1);
      }
    });
  });
  it('does nothing when the same command comes again', () => {
    holds((all) => {
      for (const { command: one, events, after } of all) if (events.length > 0) expect(decide(one, after)).toEqual([]);
    });
  });
  it('is accepted once under never_twice', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const all = steps(['never_twice', commands]).flatMap(({ events }) => events);
        expect(all.filter(({ type }) => type === 'MessageDispatched').length).toBeLessThanOrEqual(1);
        const settled = all.findIndex(({ type }) => type === 'MessageDispatched' || type === 'MessageOutcomeUnknown');
        const later = settled < 0 ? [] : all.slice(settled + 1);
        // After a provider has it, or may have it, no call begins unless that provider has said that it refused.
        const again = later.findIndex(({ type }) => type === 'DispatchStarted');
        if (again >= 0) expect(later.slice(0, again).some(({ type }) => type === 'DispatchFailed')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
  it('charges or releases, never both', () => {
    holds((all) => {
      const moments = all
        .flatMap(({ events }) => events)
        .flatMap((event) => ('charge' in event.data ? [event.data.charge] : []));
      const end = moments.find((charge) => charge !== 'reserved');
      if (end === undefined) return;
      expect(moments.filter((charge) => charge !== 'reserved').every((charge) => charge === end)).toBe(true);
    });
  });
  it('never forgets that it was charged', () => {
    holds((all) => {
      let charged = false;
      for (const { after } of all) {
        if (!('charge' in after)) continue;
        if (charged) expect(after.charge).toBe('charged');
        charged = after.charge === 'charged';
      }
    });
  });
});

describe('instants', () => {
  it('agree with the platform', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6_000_000_000_000, max: 250_000_000_000_000 }), (ms) => {
        expect(isoOf(ms)).toBe(new Date(ms).toISOString());
      }),
    );
  });
});
