import { WalletLog } from '../../../src/application/wallet/wallet-log';
import { fold } from '../../../src/domain/shared/decider';
import { walletDecider } from '../../../src/domain/wallet/decider';
import type { WalletEvent } from '../../../src/domain/wallet/events';
import { MemoryEventStore } from '../../support/memory-event-store';
import { CountingMetrics, MemorySnapshots, silent } from './wallet-fixture';

/** Three pieces to write out. */
const OPEN = 4_500;

describe('a wallet as a process knows it', () => {
  const held = Array.from({ length: OPEN }, (_, i): WalletEvent => {
    const data = { reservationId: `rsv_${i}`, messageId: `msg_${i}`, amount: '1' };
    return { type: 'FundsReserved', data };
  });
  const opened: WalletEvent = { type: 'WalletOpened', data: { customerId: 'cus_1', mode: 'live' } };
  const credit = { creditId: 'c', amount: '10000', source: 'opening', note: null } as const;
  const state = fold(walletDecider, [opened, { type: 'WalletCredited', data: credit }, ...held]);

  it.each([
    ['keeps its snapshot once all pieces are written', false, 1],
    ['keeps none of a state that is given up while it is written', true, 0],
  ])('%s', async (_name, givenUp, kept) => {
    const snapshots = new MemorySnapshots();
    const log = new WalletLog('wallet-cus_1', new MemoryEventStore(), snapshots, new CountingMetrics(), silent);
    log.advance(state, BigInt(OPEN + 1), 'last');
    await new Promise((resolve) => setImmediate(resolve));
    if (givenUp) log.startOver();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(snapshots.kept.size).toBe(kept);
  });
});
