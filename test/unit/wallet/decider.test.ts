import fc from 'fast-check';
import { fold } from '../../../src/domain/shared/decider';
import { money, parseMoney } from '../../../src/domain/shared/money';
import type { WalletCommand } from '../../../src/domain/wallet/commands';
import { walletDecider } from '../../../src/domain/wallet/decider';
import type { WalletEvent } from '../../../src/domain/wallet/events';
import {
  assertLawful,
  walletFromSnapshot,
  walletSnapshot,
  type OpenedWallet,
  type WalletState,
} from '../../../src/domain/wallet/state';
import type { JsonObject } from '../../../src/domain/shared/json';
import { wholeSnapshot } from './wallet-fixture';

const opened: WalletEvent = { type: 'WalletOpened', data: { customerId: 'cus_1', mode: 'live' } };
const credited = (amount: string, creditId = 'r1'): WalletEvent => ({
  type: 'WalletCredited',
  data: { creditId, amount, source: 'opening', note: null },
});
const rsv1 = { reservationId: 'rsv_1', messageId: 'msg_1' };
const reserved = (amount: string): WalletEvent => ({ type: 'FundsReserved', data: { ...rsv1, amount } });
const released: WalletEvent = { type: 'FundsReleased', data: { ...rsv1, amount: '60', reason: 'failed' } };
const funded = [opened, credited('100')];
const holding = [...funded, reserved('60')];

const given = (events: WalletEvent[]): WalletState => fold(walletDecider, events);
const when = (events: WalletEvent[], command: WalletCommand): readonly WalletEvent[] =>
  walletDecider.decide(command, given(events));
const refusal = (code: string): Error => expect.objectContaining({ code });

describe('opening', () => {
  const open: WalletCommand = { type: 'OpenWallet', customerId: 'cus_1', mode: 'live' };
  it('opens', () => expect(when([], open)).toEqual([opened]));
  it('opens once', () => expect(when([opened], open)).toEqual([]));
});

describe('crediting', () => {
  const credit = { type: 'CreditWallet', creditId: 'r1', amount: money(100n), source: 'opening', note: null } as const;
  it('credits', () => expect(when([opened], credit)).toEqual([credited('100')]));
  it('credits an id once', () => expect(when(funded, credit)).toEqual([]));
  it('credits an id once, whatever the amount', () => {
    expect(when(funded, { ...credit, amount: money(1n) })).toEqual([]);
  });
  it('credits another id', () => expect(when(funded, { ...credit, creditId: 'r2' })).toHaveLength(1));
  it('wants a wallet', () => expect(() => when([], credit)).toThrow(refusal('not_found')));
  it.each([0n, -1n])('wants money, not %s', (amount) => {
    expect(() => when([opened], { ...credit, amount: money(amount) })).toThrow(refusal('validation_failed'));
  });
  it.each([null, '', ' '])('wants a note for an adjustment, not %j', (note) => {
    expect(() => when([opened], { ...credit, source: 'adjustment', note })).toThrow(refusal('validation_failed'));
  });
  it('is exact beyond what a float can hold', () => {
    const much = money(2n ** 53n + 1n);
    const [event] = when([opened], { ...credit, amount: much });
    expect(event).toEqual(credited('9007199254740993'));
  });
});

describe('adjusting downwards', () => {
  const adjust = { type: 'AdjustWalletDown', adjustmentId: 'r1', amount: money(40n), note: 'paid twice' } as const;
  const adjusted: WalletEvent = {
    type: 'WalletAdjustedDown',
    data: { adjustmentId: 'r1', amount: '40', note: 'paid twice' },
  };
  it('takes what is available, to the last unit', () => {
    expect(when(holding, adjust)).toEqual([adjusted]);
    expect(() => when(holding, { ...adjust, amount: money(41n) })).toThrow(refusal('insufficient_funds'));
  });
  it('counts an id once, apart from the ids of credits', () =>
    expect(when([...holding, adjusted], adjust)).toEqual([]));
  it('wants a note', () => expect(() => when(funded, { ...adjust, note: ' ' })).toThrow(refusal('validation_failed')));
  it('wants money', () => {
    expect(() => when(funded, { ...adjust, amount: money(0n) })).toThrow(refusal('validation_failed'));
  });
  it('wants a wallet', () => expect(() => when([], adjust)).toThrow(refusal('not_found')));
});

describe('reserving', () => {
  const reserve = { type: 'ReserveFunds', ...rsv1, amount: money(100n) } as const;
  it('sets aside all that is available', () => expect(when(funded, reserve)).toEqual([reserved('100')]));
  it('refuses one unit more', () => {
    expect(() => when(funded, { ...reserve, amount: money(101n) })).toThrow(refusal('insufficient_funds'));
  });
  it('counts what others hold', () => {
    const other = { ...reserve, reservationId: 'rsv_2', amount: money(41n) };
    expect(() => when(holding, other)).toThrow(refusal('insufficient_funds'));
    expect(when(holding, { ...other, amount: money(40n) })).toHaveLength(1);
  });
  it('does nothing the second time', () => expect(when(holding, { ...reserve, amount: money(60n) })).toEqual([]));
  it('wants the id for itself', () => {
    expect(() => when(holding, { ...reserve, amount: money(61n) })).toThrow(refusal('conflict'));
    expect(() => when(holding, { ...reserve, amount: money(60n), messageId: 'msg_2' })).toThrow(refusal('conflict'));
  });
  it('has nothing where there is no wallet', () => {
    expect(() => when([], { ...reserve, amount: money(0n) })).toThrow(refusal('insufficient_funds'));
  });
  it('takes no negative amount', () => {
    expect(() => when(funded, { ...reserve, amount: money(-1n) })).toThrow(refusal('validation_failed'));
  });
});

describe('repricing', () => {
  const reprice = { type: 'RepriceReservation', ...rsv1, amount: money(100n) } as const;
  const repriced = (to: string): WalletEvent => ({ type: 'ReservationRepriced', data: { ...rsv1, from: '60', to } });
  it('takes the difference, to the last unit', () => {
    expect(when(holding, reprice)).toEqual([repriced('100')]);
    expect(() => when(holding, { ...reprice, amount: money(101n) })).toThrow(refusal('insufficient_funds'));
  });
  it('gives the difference back', () => {
    expect(when(holding, { ...reprice, amount: money(10n) })).toEqual([repriced('10')]);
    expect(given([...holding, repriced('10')])).toMatchObject({ reserved: 10n, available: 90n });
  });
  it('does nothing at the same price', () => expect(when(holding, { ...reprice, amount: money(60n) })).toEqual([]));
  it('does nothing where it has ended', () => expect(when([...holding, released], reprice)).toEqual([]));
  it('refuses another message’s', () => {
    expect(() => when(holding, { ...reprice, messageId: 'msg_2' })).toThrow(refusal('conflict'));
  });
});

describe('debiting', () => {
  const debit = { type: 'DebitReservation', ...rsv1, amount: money(50n) } as const;
  const debited: WalletEvent = { type: 'WalletDebited', data: { ...rsv1, amount: '50', released: '10' } };
  it('spends, and gives the rest back in the same event', () => {
    expect(when(holding, debit)).toEqual([debited]);
    expect(given([...holding, debited])).toMatchObject({ debited: 50n, reserved: 0n, available: 50n });
  });
  it('spends once', () => expect(when([...holding, debited], debit)).toEqual([]));
  it('does nothing where it was released', () => expect(when([...holding, released], debit)).toEqual([]));
  it('does nothing where there never was one', () => {
    expect(when(funded, debit)).toEqual([]);
    expect(when([], debit)).toEqual([]);
  });
  it('refuses more than is reserved', () => {
    expect(() => when(holding, { ...debit, amount: money(61n) })).toThrow(refusal('conflict'));
  });
  it('refuses another message’s', () => {
    expect(() => when(holding, { ...debit, messageId: 'msg_2' })).toThrow(refusal('conflict'));
  });
});

describe('releasing', () => {
  const release = { type: 'ReleaseReservation', ...rsv1, reason: 'failed' } as const;
  it('gives all of it back', () => {
    expect(when(holding, release)).toEqual([released]);
    expect(given([...holding, released])).toMatchObject({ debited: 0n, reserved: 0n, available: 100n });
  });
  it('releases once', () => expect(when([...holding, released], release)).toEqual([]));
  it('refuses another message’s', () => {
    expect(() => when(holding, { ...release, messageId: 'msg_2' })).toThrow(refusal('conflict'));
  });
});

describe('the invariants', () => {
  const lawful = given(holding) as OpenedWallet;
  it.each([
    ['I2', { debited: money(-1n) }],
    ['I3', { available: money(41n) }],
    ['I4', { debited: money(50n), available: money(-10n) }],
    ['I5', { reservations: (given(funded) as OpenedWallet).reservations }],
  ])('%s holds or nothing is decided', (name, change) => {
    const state = { ...lawful, ...change };
    expect(() => walletDecider.decide({ type: 'ReleaseReservation', ...rsv1, reason: 'failed' }, state)).toThrow(name);
  });
  it('I5 holds in full or no snapshot is written', () => {
    const state = { ...lawful, reserved: money(61n), available: money(39n) };
    expect(() => wholeSnapshot(state)).toThrow('I5');
  });
});

const reservationId = fc.constantFrom('rsv_1', 'rsv_2', 'rsv_3', 'rsv_4');
const amount = fc.bigInt({ min: 0n, max: 120n }).map(money);
const named = <T extends object>(rest: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<
  T & { reservationId: string; messageId: string }
> =>
  fc
    .tuple(reservationId, fc.record(rest))
    .map(([id, it]) => ({ ...(it as T), reservationId: id, messageId: `for ${id}` }));
const anyCommand: fc.Arbitrary<WalletCommand> = fc.oneof(
  fc.constant<WalletCommand>({ type: 'OpenWallet', customerId: 'cus_1', mode: 'live' }),
  fc.record({
    type: fc.constant('CreditWallet' as const),
    creditId: fc.constantFrom('r1', 'r2', 'r3'),
    amount,
    source: fc.constant('mpesa' as const),
    note: fc.constant(null),
  }),
  fc.record({
    type: fc.constant('AdjustWalletDown' as const),
    adjustmentId: fc.constantFrom('a1', 'a2'),
    amount,
    note: fc.constant('why'),
  }),
  named({ type: fc.constant('ReserveFunds' as const), amount }),
  named({ type: fc.constant('RepriceReservation' as const), amount }),
  named({ type: fc.constant('DebitReservation' as const), amount }),
  named({ type: fc.constant('ReleaseReservation' as const), reason: fc.constant('failed' as const) }),
);

/** What a bookkeeper would make of the events: sums by kind, nothing else. */
function bookkeeping(events: readonly WalletEvent[]): { credited: bigint; debited: bigint; reserved: bigint } {
  const books = { credited: 0n, debited: 0n, reserved: 0n };
  const post = (account: keyof typeof books, text: string): void => {
    books[account] += parseMoney(text);
  };
  for (const { type, data } of events) {
    if (type === 'WalletCredited') post('credited', data.amount);
    if (type === 'WalletAdjustedDown' || type === 'WalletDebited') post('debited', data.amount);
    if (type === 'FundsReserved') post('reserved', data.amount);
    if (type === 'ReservationRepriced') post('reserved', (BigInt(data.to) - BigInt(data.from)).toString());
    if (type === 'FundsReleased' || type === 'WalletDebited') post('reserved', `-${data.amount}`);
    if (type === 'WalletDebited') post('reserved', `-${data.released}`);
  }
  return books;
}

/** Not to be told apart: every total, every open reservation and every receipt, in whatever order they are kept. */
function picture(state: WalletState): unknown {
  if (state.kind === 'unopened') return state;
  const sorted = (entries: Iterable<[string, unknown]>): unknown => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...state, reservations: sorted(state.reservations.entries()), receipts: sorted(state.receipts.entries()) };
}

describe('any sequence of commands', () => {
  it('conserves money, never overdraws, ends each reservation once, and leaves earlier states as they were', () => {
    let written = 0;
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyCommand, { minLength: 20, maxLength: 60 }), (fundedFirst, commands) => {
        const events: WalletEvent[] = fundedFirst ? [opened, credited('400', 'r0')] : [];
        let state = fold(walletDecider, events);
        const ended: string[] = [];
        for (const command of commands) {
          const before = picture(state);
          let decided: readonly WalletEvent[] = [];
          try {
            decided = walletDecider.decide(command, state);
          } catch (error) {
            expect(error).toMatchObject({ name: 'DomainError' });
          }
          const next = decided.reduce(walletDecider.evolve, state);
          if (decided.length === 0) expect(next).toBe(state);
          else expect(picture(state)).toEqual(before);
          assertLawful(next);
          expect(() => wholeSnapshot(next)).not.toThrow();
          // The same command again writes nothing, unless it is a reservation whose id was used again after its end.
          if (decided.length > 0) expect(walletDecider.decide(command, next)).toEqual([]);
          for (const { type, data } of decided) {
            if (type === 'FundsReserved' && ended.includes(data.reservationId))
              ended.splice(ended.indexOf(data.reservationId), 1);
            if (type === 'WalletDebited' || type === 'FundsReleased') {
              expect(ended).not.toContain(data.reservationId);
              ended.push(data.reservationId);
            }
          }
          events.push(...decided);
          state = next;
        }
        written += events.length;
        if (state.kind === 'unopened') return;
        expect(state).toMatchObject(bookkeeping(events));
        expect(picture(fold(walletDecider, events))).toEqual(picture(state));
      }),
      { numRuns: 300 },
    );
    // Guards the property against commands that come to nothing.
    expect(written).toBeGreaterThan(1_000);
  });

  it('comes through a snapshot, as JSON, unchanged', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), (commands) => {
        let state: WalletState = given([opened, credited('500', 'r0')]);
        for (const command of commands) {
          try {
            state = walletDecider.decide(command, state).reduce(walletDecider.evolve, state);
          } catch (error) {
            expect(error).toMatchObject({ name: 'DomainError' });
          }
        }
        const stored = JSON.parse(JSON.stringify(wholeSnapshot(state))) as JsonObject;
        expect(picture(walletFromSnapshot(stored))).toEqual(picture(state));
      }),
      { numRuns: 200 },
    );
  });

  it('is written out in pieces, with every reservation in one of them', () => {
    const many = Array.from({ length: 4_500 }, (_, i): WalletEvent => {
      const data = { reservationId: `rsv_${i}`, messageId: `msg_${i}`, amount: String(i) };
      return { type: 'FundsReserved', data };
    });
    const state = given([opened, credited('100000000', 'r0'), ...many]);
    const steps = walletSnapshot(state);
    expect([steps.next(), steps.next()]).toEqual([{ done: false }, { done: false }]);
    const last = steps.next();
    if (last.done !== true) throw new Error('three pieces were to be enough');
    const restored = walletFromSnapshot(JSON.parse(JSON.stringify(last.value)) as JsonObject);
    expect(picture(restored)).toEqual(picture(state));
  });

  it('refuses what is no snapshot', () => {
    expect(wholeSnapshot(given([]))).toBeNull();
    const good = wholeSnapshot(given(holding)) ?? {};
    expect(() => walletFromSnapshot({ ...good, mode: 'other' })).toThrow('mode');
    expect(() => walletFromSnapshot({ ...good, reservations: 'none' })).toThrow('list');
    expect(() => walletFromSnapshot({ ...good, reservations: ['rsv_1\nmsg_1'] })).toThrow('text');
    expect(() => walletFromSnapshot({ ...good, customerId: 5 })).toThrow('text');
    expect(() => walletFromSnapshot({ ...good, credited: '1.5' })).toThrow(RangeError);
    expect(() => walletFromSnapshot({ ...good, debited: '500' })).toThrow('I4');
  });
});
