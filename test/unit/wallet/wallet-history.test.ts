import type { NewEvent } from '../../../src/application/ports/event-store';
import type { Snapshot } from '../../../src/application/ports/snapshots';
import { WalletHistory } from '../../../src/application/wallet/wallet-history';
import { walletDecider } from '../../../src/domain/wallet/decider';
import type { WalletEvent } from '../../../src/domain/wallet/events';
import { initialWallet, WALLET_SNAPSHOT_SCHEMA } from '../../../src/domain/wallet/state';
import { MemoryEventStore } from '../../support/memory-event-store';
import { fixedClock } from '../message/send/fakes';
import { MemorySnapshots, wholeSnapshot } from './wallet-fixture';

const WALLET = { customerId: 'cus_a', mode: 'live' } as const;
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
const EVENTS: WalletEvent[] = [
  { type: 'WalletOpened', data: WALLET },
  { type: 'WalletCredited', data: { creditId: 'txn_1', amount: '1000', source: 'adjustment', note: 'x' } },
  { type: 'FundsReserved', data: { reservationId: 'rsv_1', messageId: 'msg_1', amount: '300' } },
  { type: 'WalletDebited', data: { reservationId: 'rsv_1', messageId: 'msg_1', amount: '200', released: '100' } },
];

/** An event a minute, from minute 1 on, and a snapshot of the first so many. */
async function history(snapshotOf: number | null = null, eventId?: string) {
  const store = new MemoryEventStore();
  const events = EVENTS.map((event, i): NewEvent => {
    const actor = { kind: 'system', id: 'test' } as const;
    const metadata = { correlationId: 'c', causationId: 'c', customerId: 'cus_a', actor, at: at(i + 1) };
    return { id: `id-${i}`, event, metadata };
  });
  await store.append('wallet-cus_a', 'no_stream', events);
  const state = EVENTS.slice(0, snapshotOf ?? 0).reduce(walletDecider.evolve, initialWallet);
  const kept = snapshotOf === null ? null : wholeSnapshot(state);
  const snapshots = new MemorySnapshots();
  const revision = (snapshotOf ?? 0) - 1;
  const snapshot: Snapshot | null =
    kept === null ? null : { revision: BigInt(revision), eventId: eventId ?? `id-${revision}`, state: kept };
  if (snapshot !== null) await snapshots.save('wallet-cus_a', WALLET_SNAPSHOT_SCHEMA, snapshot);
  return { store, wallets: new WalletHistory(store, snapshots, fixedClock) };
}

describe('what a wallet held', () => {
  it.each([
    [at(0), 0n, 0n],
    [at(1), 0n, 0n],
    ['2026-01-01T00:01:59.999Z', 0n, 0n],
    [at(2), 1_000n, 0n],
    [at(3), 700n, 300n],
    [at(4), 800n, 0n],
    [at(59), 800n, 0n],
  ])('at %s: available %s, reserved %s', async (asOf, available, reserved) => {
    for (const snapshotOf of [null, 2, 3, 4]) {
      const { wallets } = await history(snapshotOf);
      expect(await wallets.balanceAt(WALLET, asOf)).toEqual({ available, reserved });
    }
  });

  it('is read from a snapshot of that time or before on, and from no later one', async () => {
    const { wallets, store } = await history(3);
    await wallets.balanceAt(WALLET, at(59));
    expect(store.reads.map(({ from }) => from)).toEqual([2n, 3n]);
    store.reads.splice(0);
    await wallets.balanceAt(WALLET, at(2));
    expect(store.reads.map(({ from }) => from)).toEqual([2n, 0n]);
  });

  it('is read from the first event where the snapshot is of another log', async () => {
    const { wallets, store } = await history(3, 'lost');
    expect(await wallets.balanceAt(WALLET, at(59))).toEqual({ available: 800n, reserved: 0n });
    expect(store.reads.map(({ from }) => from)).toEqual([2n, 0n]);
  });

  it('cannot be told while the store is away, and the next who asks does not suffer for it', async () => {
    const { wallets, store } = await history();
    store.fault = 'none';
    await expect(wallets.balanceAt(WALLET, at(2))).rejects.toThrow('unavailable');
    store.fault = 'fine';
    expect(await wallets.balanceAt(WALLET, at(2))).toMatchObject({ available: 1_000n });
  });
});
