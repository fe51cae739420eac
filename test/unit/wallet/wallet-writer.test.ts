import { DomainError } from '../../../src/domain/shared/domain-error';
import { money } from '../../../src/domain/shared/money';
import { WALLET_SNAPSHOT_SCHEMA } from '../../../src/domain/wallet/state';
import { MemoryEventStore } from '../../support/memory-event-store';
import {
  clock,
  context,
  MemorySnapshots,
  openWith,
  reservation,
  SharedTurn,
  wallet,
  walletsOn,
} from './wallet-fixture';

const STREAM = 'wallet-cus_1';
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const codeOf = (error: unknown): string => (error instanceof DomainError ? error.code : `not coded: ${String(error)}`);
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => String(value ?? 'done'),
    (error: unknown) => codeOf(error),
  );
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const count = (outcomes: string[], wanted: string): number => outcomes.filter((it) => it === wanted).length;

describe('the wallet writer', () => {
  it('takes a reservation through its life, and answers repeats with nothing done', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 100n);
    const rsv = reservation(30n);
    await wallets.reserve(wallet, context(), rsv);
    await wallets.reserve(wallet, context(), rsv);
    expect(await wallets.reprice(wallet, context(), { ...rsv, amount: money(40n) })).toBe(true);
    expect(await wallets.reprice(wallet, context(), { ...rsv, amount: money(40n) })).toBe(true);
    expect(await wallets.debit(wallet, context(), { ...rsv, amount: money(25n) })).toBe(true);
    expect(await wallets.debit(wallet, context(), { ...rsv, amount: money(25n) })).toBe(false);
    expect(await wallets.release(wallet, context(), { ...rsv, reason: 'failed' })).toBe(false);
    expect(await wallets.reprice(wallet, context(), rsv)).toBe(false);
    expect(await wallets.balance(wallet)).toMatchObject({ available: 75n, reserved: 0n });
    expect(store.events(STREAM).map((event) => event.type)).toEqual([
      'WalletOpened',
      'WalletCredited',
      'FundsReserved',
      'ReservationRepriced',
      'WalletDebited',
    ]);
  });

  it('appends what waits as one, with each command’s metadata and the ids derived from it', async () => {
    const store = new MemoryEventStore();
    const { wallets, metrics } = walletsOn(store);
    await openWith(wallets, 1_000n);
    store.appends.length = 0;
    store.latencyMs = 5;
    const contexts = times(64, () => context());
    await Promise.all(contexts.map((ctx) => wallets.reserve(wallet, ctx, reservation(1n))));
    expect(store.appends.length).toBeLessThanOrEqual(2);
    expect(metrics.batches.slice(-1)[0]).toBeGreaterThanOrEqual(63);
    const stored = store.events(STREAM).slice(2);
    expect(stored.map((event) => event.metadata.correlationId)).toEqual(contexts.map((ctx) => ctx.commandId));
    expect(new Set(stored.map((event) => event.id)).size).toBe(64);
  });

  it('sends the next group before those of the last one go on', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 1_000n);
    store.latencyMs = 5;
    const append = jest.spyOn(store, 'append');
    const sentWhenAnswered = async (): Promise<number> => {
      await wallets.reserve(wallet, context(), reservation(1n));
      return append.mock.calls.length;
    };
    const first = times(3, sentWhenAnswered);
    await wait(2);
    const second = times(3, sentWhenAnswered);
    expect(await Promise.all([...first, ...second])).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('never puts more than 200 commands or 256 KiB into one append', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 1_000n);
    store.appends.length = 0;
    await Promise.all(times(450, () => wallets.reserve(wallet, context(), reservation(1n))));
    expect(store.appends.map((append) => append.events)).toEqual([200, 200, 50]);
    store.appends.length = 0;
    const note = 'ж'.repeat(20_000);
    await Promise.all(
      times(5, (i) =>
        wallets.credit(wallet, context(), { creditId: `c${i}`, amount: money(1n), source: 'adjustment', note }),
      ),
    );
    expect(store.appends.map((append) => append.events)).toEqual([2, 2, 1]);
  });

  it('accepts exactly one of 50 that want the last unit', async () => {
    const store = new MemoryEventStore();
    store.latencyMs = 2;
    const { wallets } = walletsOn(store);
    await openWith(wallets, 1n);
    const outcomes = await Promise.all(times(50, () => outcome(wallets.reserve(wallet, context(), reservation(1n)))));
    expect([count(outcomes, 'done'), count(outcomes, 'insufficient_funds')]).toEqual([1, 49]);
    expect(await wallets.balance(wallet)).toMatchObject({ available: 0n, reserved: 1n });
  });

  it('decides in order: who came first gets the money', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    const outcomes = await Promise.all(
      [4n, 4n, 4n, 2n].map((amount) => outcome(wallets.reserve(wallet, context(), reservation(amount)))),
    );
    expect(outcomes).toEqual(['done', 'done', 'insufficient_funds', 'done']);
  });

  it('refuses only after a look at what is new: a credit by another process is spendable at once', async () => {
    const store = new MemoryEventStore();
    const here = walletsOn(store).wallets;
    const there = walletsOn(store).wallets;
    await openWith(here, 0n);
    expect(await outcome(here.reserve(wallet, context(), reservation(5n)))).toBe('insufficient_funds');
    await there.credit(wallet, context(), { creditId: 'r1', amount: money(5n), source: 'mpesa', note: null });
    expect(await outcome(here.reserve(wallet, context(), reservation(5n)))).toBe('done');
  });

  it('finds a reservation that another process made, before it says that there is none', async () => {
    const store = new MemoryEventStore();
    const here = walletsOn(store).wallets;
    const there = walletsOn(store).wallets;
    await openWith(here, 10n);
    expect(await there.balance(wallet)).toMatchObject({ available: 10n });
    const rsv = reservation(5n);
    await here.reserve(wallet, context(), rsv);
    expect(await there.debit(wallet, context(), { ...rsv, amount: money(5n) })).toBe(true);
    expect(await here.balance(wallet)).toMatchObject({ available: 5n, reserved: 0n });
  });

  it('reads at most 20 times a second for refusals, one read for all that wait', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 0n);
    store.reads.length = 0;
    const until = performance.now() + 500;
    let refused = 0;
    await Promise.all(
      times(16, async () => {
        while (performance.now() < until) {
          if ((await outcome(wallets.reserve(wallet, context(), reservation(1n)))) === 'insufficient_funds') refused++;
        }
      }),
    );
    expect(refused).toBeGreaterThan(16 * 3);
    expect(store.reads.length).toBeLessThanOrEqual(12);
    const gaps = store.reads.slice(1).map((read, i) => read.at - (store.reads[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(45);
  });

  it('lets those who can pay pass while others wait for a refusal', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    let quickestMs = Infinity;
    for (let i = 0; i < 5; i++) {
      // The refusal before sets the time of the next read 50 ms ahead: that is what the second one waits for.
      await outcome(wallets.reserve(wallet, context(), reservation(100n)));
      const refused = outcome(wallets.reserve(wallet, context(), reservation(100n)));
      await wait(2);
      const started = performance.now();
      await wallets.reserve(wallet, context(), reservation(1n));
      quickestMs = Math.min(quickestMs, performance.now() - started);
      expect(await refused).toBe('insufficient_funds');
    }
    expect(quickestMs).toBeLessThan(35);
  });

  it('shares one read among all that ask for the balance at once', async () => {
    const store = new MemoryEventStore();
    store.latencyMs = 5;
    const { wallets } = walletsOn(store);
    await openWith(wallets, 7n);
    store.reads.length = 0;
    const balances = await Promise.all(times(50, () => wallets.balance(wallet)));
    expect(balances.every((balance) => balance.available === 7n)).toBe(true);
    expect(store.reads.length).toBe(1);
  });

  it('says that a wallet which never was holds nothing', async () => {
    const { wallets } = walletsOn(new MemoryEventStore());
    expect(await wallets.balance(wallet)).toMatchObject({ available: 0n, reserved: 0n });
    expect(await outcome(wallets.reserve(wallet, context(), reservation(0n)))).toBe('insufficient_funds');
  });

  it('decides again where another process wrote first, on what that one left', async () => {
    const store = new MemoryEventStore();
    const here = walletsOn(store);
    const there = walletsOn(store);
    await openWith(here.wallets, 10n);
    store.beforeNextAppend = () => there.wallets.reserve(wallet, context(), reservation(8n));
    const outcomes = await Promise.all(
      [6n, 2n].map((amount) => outcome(here.wallets.reserve(wallet, context(), reservation(amount)))),
    );
    expect(outcomes).toEqual(['insufficient_funds', 'done']);
    expect(here.metrics.conflicts).toBe(1);
    expect(await here.wallets.balance(wallet)).toMatchObject({ available: 0n, reserved: 10n });
  });

  it('refuses nobody for the sake of a group that may yet fail', async () => {
    const store = new MemoryEventStore();
    const there = walletsOn(store).wallets;
    await openWith(there, 10n);
    // Cold, so what it reads is newer than both questions; the first takes all, and only then does the money come.
    const here = walletsOn(store).wallets;
    store.beforeNextAppend = async () => {
      await there.credit(wallet, context(), { creditId: 'r1', amount: money(10n), source: 'mpesa', note: null });
    };
    const outcomes = times(2, () => outcome(here.reserve(wallet, context(), reservation(10n))));
    expect(await Promise.all(outcomes)).toEqual(['done', 'done']);
  });

  it('answers unavailable on an unknown outcome, and counts what was written all the same', async () => {
    const store = new MemoryEventStore();
    const { wallets, metrics } = walletsOn(store);
    await openWith(wallets, 10n);
    store.fault = 'unknown_written';
    const rsv = reservation(4n);
    const error: unknown = await wallets.reserve(wallet, context(), rsv).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    store.fault = 'fine';
    expect(await outcome(wallets.reserve(wallet, context(), reservation(7n)))).toBe('insufficient_funds');
    expect(await outcome(wallets.reserve(wallet, context(), reservation(6n)))).toBe('done');
    expect(await wallets.release(wallet, context(), { ...rsv, reason: 'abandoned' })).toBe(true);
    expect(await wallets.balance(wallet)).toMatchObject({ available: 4n, reserved: 6n });
    // It looked before it decided again, and did not run into what it had written itself.
    expect(metrics.conflicts).toBe(0);
  });

  it('builds on nothing of a group that was lost', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    store.fault = 'unknown_lost';
    const lost = await Promise.all(times(3, () => outcome(wallets.reserve(wallet, context(200), reservation(3n)))));
    expect(lost).toEqual(['unavailable', 'unavailable', 'unavailable']);
    store.fault = 'fine';
    expect(await outcome(wallets.reserve(wallet, context(), reservation(10n)))).toBe('done');
    expect(store.events(STREAM).length).toBe(3);
  });

  it('waits out an outage, and ends it for each at its own deadline with nothing written', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    store.fault = 'none';
    const started = performance.now();
    const short = outcome(wallets.reserve(wallet, context(200), reservation(1n)));
    const long = outcome(wallets.reserve(wallet, context(5_000), reservation(2n)));
    expect(await short).toBe('unavailable');
    expect(performance.now() - started).toBeLessThan(1_000);
    store.fault = 'fine';
    expect(await long).toBe('done');
    expect(await wallets.balance(wallet)).toMatchObject({ available: 8n, reserved: 2n });
  });

  it('answers by the deadline while a stopped store keeps an append, and goes on when it does', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    store.fault = 'hangs';
    const started = performance.now();
    const kept = outcome(wallets.reserve(wallet, context(300), reservation(4n)));
    await wait(20);
    const behind = outcome(wallets.reserve(wallet, context(300), reservation(4n)));
    const asked = outcome(wallets.balance(wallet));
    expect(await Promise.all([kept, behind])).toEqual(['unavailable', 'unavailable']);
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(await asked).toBe('unavailable');
    store.fault = 'fine';
    // The one that the store had kept was written when it went on; the one behind it never was.
    expect(await wallets.balance(wallet)).toMatchObject({ available: 6n, reserved: 4n });
  });

  it('starts from a snapshot and what came after, and to the same state', async () => {
    const store = new MemoryEventStore();
    const snapshots = new MemorySnapshots();
    const { wallets } = walletsOn(store, snapshots);
    await openWith(wallets, 1_000_000n);
    const made = times(1_200, () => reservation(7n));
    for (let i = 0; i < made.length; i += 100) {
      await Promise.all(made.slice(i, i + 100).map((rsv) => wallets.reserve(wallet, context(), rsv)));
      const done = made.slice(i, i + 75);
      await Promise.all(done.map((rsv) => wallets.debit(wallet, context(), { ...rsv, amount: money(5n) })));
    }
    await wait(20);
    const kept = snapshots.kept.get(STREAM);
    expect(kept?.revision).toBeGreaterThanOrEqual(999n);
    expect(kept?.revision).toBeLessThan(BigInt(store.events(STREAM).length - 1));

    store.reads.length = 0;
    const again = walletsOn(store, snapshots).wallets;
    const expected = { available: 1_000_000n - 900n * 5n - 300n * 7n, reserved: 2_100n };
    expect(await again.balance(wallet)).toMatchObject(expected);
    expect(await wallets.balance(wallet)).toMatchObject(expected);
    expect(store.reads[0]?.from).toBe(kept?.revision);
    const [ended = reservation(7n), open = reservation(7n)] = [made[0], made[99]];
    expect(await again.debit(wallet, context(), { ...open, amount: money(7n) })).toBe(true);
    expect(await again.debit(wallet, context(), { ...ended, amount: money(5n) })).toBe(false);
    const grant = { creditId: 'grant', amount: money(1n), source: 'opening', note: null } as const;
    expect(await again.credit(wallet, context(), grant)).toBe(false);
  });

  it('reads the whole stream where the snapshot is of no use', async () => {
    const store = new MemoryEventStore();
    await openWith(walletsOn(store).wallets, 10n);
    const unlawful = new MemorySnapshots();
    const state = { customerId: 'cus_1', mode: 'live', credited: '5', debited: '9', reservations: [], receipts: [] };
    await unlawful.save(STREAM, WALLET_SNAPSHOT_SCHEMA, {
      revision: 1n,
      eventId: store.events(STREAM)[1]?.id ?? '',
      state,
    });
    expect(await walletsOn(store, unlawful).wallets.balance(wallet)).toMatchObject({ available: 10n });
    const away = new MemorySnapshots();
    away.load = () => Promise.reject(new Error('no database'));
    expect(await walletsOn(store, away).wallets.balance(wallet)).toMatchObject({ available: 10n });
  });

  it('keeps snapshots in a backlog too, where reservations open and none ends', async () => {
    const store = new MemoryEventStore();
    const snapshots = new MemorySnapshots();
    const { wallets } = walletsOn(store, snapshots);
    await openWith(wallets, 1_000_000n);
    const most = { unread: 0 };
    for (let round = 0; round < 60; round++) {
      await Promise.all(times(100, () => wallets.reserve(wallet, context(), reservation(1n))));
      await wait(1);
      const kept = snapshots.kept.get(STREAM)?.revision ?? -1n;
      most.unread = Math.max(most.unread, store.events(STREAM).length - 1 - Number(kept));
    }
    // A quarter of the 6 000 that are open, and a thousand, and what came while it was written.
    expect(most.unread).toBeLessThan(2_500 + 400);
    store.reads.length = 0;
    expect(await walletsOn(store, snapshots).wallets.balance(wallet)).toMatchObject({ reserved: 6_000n });
    expect(Number(store.reads[0]?.from)).toBeGreaterThan(6_000 - 2_900);
  });

  describe('over a store that was put back to an earlier state', () => {
    const restored = async (
      events: number,
      more: number,
    ): Promise<{ store: MemoryEventStore; snapshots: MemorySnapshots }> => {
      const before = new MemoryEventStore();
      const snapshots = new MemorySnapshots();
      const { wallets } = walletsOn(before, snapshots);
      await openWith(wallets, 10_000n);
      for (let round = 0; round < 20; round++) {
        await Promise.all(times(100, () => wallets.reserve(wallet, context(), reservation(1n))));
        await wait(1);
      }
      expect(snapshots.kept.get(STREAM)?.revision).toBeGreaterThan(1_000n);
      const store = new MemoryEventStore();
      for (const { id, type, data, metadata } of before.events(STREAM).slice(0, events)) {
        const length = store.events(STREAM).length;
        const expected = length === 0 ? 'no_stream' : BigInt(length - 1);
        await store.append(STREAM, expected, [{ id, event: { type, data }, metadata }]);
      }
      const others = walletsOn(store).wallets;
      for (let n = 0; n < more; n++) await others.reserve(wallet, context(), reservation(2n));
      return { store, snapshots };
    };

    it.each([
      ['shorter than the snapshot', 12, 0, 10n],
      ['that has grown past it again', 12, 2_100, 4_210n],
    ])('uses no snapshot of a stream %s, and throws it away', async (_name, kept, more, reserved) => {
      const { store, snapshots } = await restored(kept, more);
      const wrong = snapshots.kept.get(STREAM);
      const { wallets, metrics } = walletsOn(store, snapshots);
      expect(await wallets.balance(wallet)).toMatchObject({ available: 10_000n - reserved, reserved });
      expect(metrics.discarded).toBe(1);
      await wait(20);
      expect(snapshots.kept.get(STREAM)?.eventId).not.toBe(wrong?.eventId);
      await wallets.reserve(wallet, context(), reservation(1n));
      expect(store.events(STREAM)).toHaveLength(kept + more + 1);
    });

    it.each([
      ['cut short', 0],
      ['cut short and grown past it again', 40],
    ])('forgets what it knew of a stream that was %s while the process ran', async (_name, more) => {
      const store = new MemoryEventStore();
      const { wallets, metrics } = walletsOn(store);
      await openWith(wallets, 1_000n);
      for (let n = 0; n < 20; n++) await wallets.reserve(wallet, context(), reservation(1n));
      store.truncate(STREAM, 10);
      const others = walletsOn(store).wallets;
      for (let n = 0; n < more; n++) await others.reserve(wallet, context(), reservation(5n));
      const reserved = 8n + 5n * BigInt(more);
      expect(await wallets.balance(wallet)).toMatchObject({ available: 1_000n - reserved, reserved });
      expect(metrics.discarded).toBe(1);
      await wallets.reserve(wallet, context(), reservation(1n));
      expect(await others.balance(wallet)).toMatchObject({ reserved: reserved + 1n });
    });
  });

  it('reads the wallets that were busy last ahead of the first request', async () => {
    const store = new MemoryEventStore();
    const snapshots = new MemorySnapshots();
    const { wallets } = walletsOn(store, snapshots);
    await openWith(wallets, 1_000_000n);
    for (let round = 0; round < 20; round++)
      await Promise.all(times(100, () => wallets.reserve(wallet, context(), reservation(1n))));
    await wait(20);
    const fresh = walletsOn(store, snapshots).wallets;
    expect(await fresh.warmUp(5_000)).toBe(1);
    store.reads.length = 0;
    await fresh.reserve(wallet, context(), reservation(1n));
    expect(store.reads).toEqual([]);
  });

  it('keeps test money and live money apart', async () => {
    const { wallets } = walletsOn(new MemoryEventStore());
    await openWith(wallets, 5n);
    await openWith(wallets, 50n, { customerId: 'cus_1', mode: 'test' });
    expect(await wallets.balance(wallet)).toMatchObject({ available: 5n });
    expect(await wallets.balance({ customerId: 'cus_1', mode: 'test' })).toMatchObject({ available: 50n });
  });

  it('forgets a wallet that nobody used for long, and knows it again when somebody does', async () => {
    const store = new MemoryEventStore();
    let passedMs = 0;
    const time = { ...clock, monotonicMs: () => performance.now() + passedMs };
    const { wallets } = walletsOn(store, new MemorySnapshots(), time);
    const another = { customerId: 'cus_2', mode: 'live' } as const;
    await openWith(wallets, 5n);
    const readsFromTheStart = (): number =>
      store.reads.filter((read) => read.stream === STREAM && read.from === 0n).length;
    expect(readsFromTheStart()).toBe(1);
    passedMs = 10 * 60_000;
    await wallets.balance(another);
    await wallets.balance(wallet);
    expect(readsFromTheStart()).toBe(1);
    // A writer that has just answered is not at rest yet.
    await wait(5);
    passedMs += 16 * 60_000;
    await wallets.balance({ ...another, mode: 'test' });
    expect(await wallets.balance(wallet)).toMatchObject({ available: 5n });
    expect(readsFromTheStart()).toBe(2);
  });

  it('lets what is with a writer come to its end when the process goes', async () => {
    const store = new MemoryEventStore();
    const { wallets } = walletsOn(store);
    await openWith(wallets, 10n);
    store.latencyMs = 60;
    const reserved = outcome(wallets.reserve(wallet, context(), reservation(1n)));
    await wallets.beforeApplicationShutdown();
    expect(store.events(STREAM).length).toBe(3);
    expect(await reserved).toBe('done');
  });
});

describe('two writers on one wallet, as two processes', () => {
  it('serve 2 × 16 senders without an error, and agree to the last unit', async () => {
    const store = new MemoryEventStore();
    store.latencyMs = 1;
    const turn = new SharedTurn();
    const writers = ['one', 'other'].map((name) => walletsOn(store, undefined, undefined, turn.of(name)));
    await openWith(writers[0]?.wallets ?? walletsOn(store).wallets, 100_000n);
    const until = performance.now() + 1_500;
    const done = [0, 0];
    const sender =
      (which: number): (() => Promise<void>) =>
      async () => {
        const { wallets } = writers[which] ?? walletsOn(store);
        while (performance.now() < until) {
          const rsv = reservation(3n);
          await wallets.reserve(wallet, context(), rsv);
          await wallets.debit(wallet, context(), { ...rsv, amount: money(2n) });
          done[which] = (done[which] ?? 0) + 1;
        }
      };
    await Promise.all(times(32, (i) => sender(i % 2)()));
    const [first = 0, second = 0] = done;
    // Where the winner of the races never stands aside, the other gets less than a fiftieth, and some run into their deadline.
    expect(Math.min(first, second)).toBeGreaterThan(Math.max(first, second) / 40);
    const expected = { available: 100_000n - BigInt(first + second) * 2n, reserved: 0n };
    for (const { wallets } of writers) expect(await wallets.balance(wallet)).toMatchObject(expected);
  });
});
