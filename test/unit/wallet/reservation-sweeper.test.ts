import { ReservationSweeper, type SweepResult } from '../../../src/application/wallet/reservation-sweeper';
import type { GroupCommitWallets } from '../../../src/application/wallet/group-commit-wallets';
import type { Configuration } from '../../../src/application/ports/configuration';
import type { NewEvent } from '../../../src/application/ports/event-store';
import type { OpenReservation, OpenReservations } from '../../../src/application/ports/open-reservations';
import type { MessageEvent, MessageQueued } from '../../../src/domain/message/events';
import { MemoryEventStore } from '../../support/memory-event-store';
import { clock, context, ids, openWith, reservation, silent, wallet, walletsOn } from './wallet-fixture';

/** The read model: everything that was reserved and not marked, whether it has ended or not, as if it lagged for ever. */
class ListedReservations implements OpenReservations {
  rows: OpenReservation[] = [];
  readonly marked: string[] = [];
  asked: { before: string; limit: number }[] = [];
  openOlderThan(before: string, limit: number): Promise<OpenReservation[]> {
    this.asked.push({ before, limit });
    const open = this.rows.filter((row) => row.reservedAt < before && !this.marked.includes(row.reservationId));
    return Promise.resolve(open.slice(0, limit));
  }
  markStands(reservationIds: readonly string[]): Promise<void> {
    this.marked.push(...reservationIds);
    return Promise.resolve();
  }
}

const sealed = { kid: 'sub_1', iv: '', ct: '', tag: '' };
const queued = (messageId: string, reservationId: string): MessageQueued => ({
  type: 'MessageQueued',
  data: {
    messageId,
    customerId: 'cus_1',
    mode: 'live',
    channel: 'sms',
    class: 'transactional',
    subjectId: 'sub_1',
    to: sealed,
    body: sealed,
    sender: 'WAHT',
    encoding: 'gsm7',
    segments: 1,
    country: 'KE',
    network: null,
    candidates: ['tier_1'],
    priceListId: 'prl_1',
    priceListVersion: 1,
    prices: { tier_1: '10' },
    quote: { tier: 'tier_1', amount: '10' },
    reservationId,
    onUnknown: 'never_twice',
    maxCost: null,
    clientReference: null,
    batchId: null,
    routing: null,
    risk: null,
    validUntil: '2030-01-01T00:00:00.000Z',
    requestDigest: null,
  },
});
const asNew = (event: MessageEvent): NewEvent => ({ id: ids.uuid(), event, metadata: context().metadata });

interface Scene {
  store: MemoryEventStore;
  wallets: GroupCommitWallets;
  listed: ListedReservations;
  sweep: () => Promise<SweepResult>;
  /** A reservation of 10 that is two minutes old. */
  reserved: () => Promise<OpenReservation>;
  messageEvents: (row: OpenReservation) => string[];
  balance: () => Promise<string>;
}

async function scene(): Promise<Scene> {
  const store = new MemoryEventStore();
  const { wallets } = walletsOn(store);
  await openWith(wallets, 100n);
  const listed = new ListedReservations();
  const configuration = { reservationExamineAfterMs: 60_000 } as Configuration;
  const sweeper = new ReservationSweeper(listed, store, wallets, ids, clock, configuration, silent);
  return {
    store,
    wallets,
    listed,
    sweep: () => sweeper.sweepOnce(),
    reserved: async () => {
      const { reservationId, messageId, amount } = reservation(10n);
      await wallets.reserve(wallet, context(), { reservationId, messageId, amount });
      const row = { ...wallet, reservationId, messageId, reservedAt: new Date(Date.now() - 120_000).toISOString() };
      listed.rows.push(row);
      return row;
    },
    messageEvents: (row) =>
      store.events(`message-${row.messageId}`).map((event) => {
        const named = 'reservationId' in event.data ? String(event.data.reservationId) : '';
        return `${event.type} ${named === row.reservationId ? 'this' : 'another'}`;
      }),
    balance: async () => {
      const { available, reserved } = await wallets.balance(wallet);
      return `${available} available, ${reserved} reserved`;
    },
  };
}

describe('the reservation sweeper', () => {
  it('leaves one that its message names, and does not look at it again', async () => {
    const { store, sweep, reserved, listed, balance } = await scene();
    const row = await reserved();
    await store.append(`message-${row.messageId}`, 'no_stream', [asNew(queued(row.messageId, row.reservationId))]);
    expect(await sweep()).toEqual({ examined: 1, stand: 1, released: 0, failed: 0 });
    expect(listed.marked).toEqual([row.reservationId]);
    expect(await balance()).toBe('90 available, 10 reserved');
    expect(await sweep()).toMatchObject({ examined: 0 });
  });

  it('closes the id of one that no message names, and only then gives it back', async () => {
    const { store, sweep, reserved, messageEvents, balance } = await scene();
    const row = await reserved();
    const order: string[] = [];
    store.beforeNextAppend = () => {
      order.push(`${store.events('wallet-cus_1').length} on the wallet`);
      return Promise.resolve();
    };
    expect(await sweep()).toEqual({ examined: 1, stand: 0, released: 1, failed: 0 });
    expect(order).toEqual(['3 on the wallet']);
    expect(messageEvents(row)).toEqual(['MessageAbandoned this']);
    expect(await balance()).toBe('100 available, 0 reserved');
    const released = store.events('wallet-cus_1').at(-1);
    expect(released).toMatchObject({ type: 'FundsReleased', data: { reason: 'abandoned', amount: '10' } });
    expect(released?.metadata.actor).toEqual({ kind: 'system', id: 'reservation-sweeper' });
  });

  it('gives back the loser’s of a race, and touches neither the message nor the winner’s', async () => {
    const { store, sweep, reserved, messageEvents, balance } = await scene();
    const row = await reserved();
    await store.append(`message-${row.messageId}`, 'no_stream', [asNew(queued(row.messageId, 'rsv_winner'))]);
    expect(await sweep()).toMatchObject({ released: 1 });
    expect(messageEvents(row)).toEqual(['MessageQueued another']);
    expect(store.events('wallet-cus_1').at(-1)).toMatchObject({ data: { reason: 'lost_race' } });
    expect(await balance()).toBe('100 available, 0 reserved');
  });

  it('closes this id too where another was closed before', async () => {
    const { store, sweep, reserved, messageEvents } = await scene();
    const row = await reserved();
    const earlier: MessageEvent = {
      type: 'MessageAbandoned',
      data: { messageId: row.messageId, reservationId: 'rsv_earlier' },
    };
    await store.append(`message-${row.messageId}`, 'no_stream', [asNew(earlier)]);
    expect(await sweep()).toMatchObject({ released: 1 });
    expect(messageEvents(row)).toEqual(['MessageAbandoned another', 'MessageAbandoned this']);
  });

  it('goes on from where a sweep died between closing and giving back', async () => {
    const { store, sweep, reserved, messageEvents, balance } = await scene();
    const row = await reserved();
    const { messageId, reservationId } = row;
    const abandoned: MessageEvent = { type: 'MessageAbandoned', data: { messageId, reservationId } };
    await store.append(`message-${messageId}`, 'no_stream', [asNew(abandoned)]);
    expect(await sweep()).toMatchObject({ released: 1 });
    expect(messageEvents(row)).toEqual(['MessageAbandoned this']);
    expect(await balance()).toBe('100 available, 0 reserved');
  });

  it('lets the request win that queues its message while the sweeper looks', async () => {
    const { store, sweep, reserved, messageEvents, balance } = await scene();
    const row = await reserved();
    store.beforeNextAppend = async () => {
      await store.append(`message-${row.messageId}`, 'no_stream', [asNew(queued(row.messageId, row.reservationId))]);
    };
    expect(await sweep()).toMatchObject({ stand: 1, released: 0 });
    expect(messageEvents(row)).toEqual(['MessageQueued this']);
    expect(await balance()).toBe('90 available, 10 reserved');
  });

  it('writes nothing for one that has ended, or is listed again because the read model lags', async () => {
    const { store, sweep, reserved } = await scene();
    await reserved();
    await sweep();
    const written = store.appends.length;
    expect(await sweep()).toMatchObject({ examined: 1 });
    expect(store.appends.length).toBe(written);
  });

  it('does not give back what it could not close', async () => {
    const { store, sweep, reserved, balance } = await scene();
    await reserved();
    store.fault = 'unknown_lost';
    expect(await sweep()).toEqual({ examined: 1, stand: 0, released: 0, failed: 1 });
    store.fault = 'fine';
    expect(await balance()).toBe('90 available, 10 reserved');
    expect(await sweep()).toMatchObject({ released: 1, failed: 0 });
  });

  it('asks for those older than the configured age, and for more while there are more', async () => {
    const { store, sweep, reserved, listed, balance } = await scene();
    const young = await reserved();
    listed.rows = [{ ...young, reservedAt: new Date(Date.now() - 59_000).toISOString() }];
    expect(await sweep()).toMatchObject({ examined: 0 });
    listed.rows = [];
    for (let i = 0; i < 450; i++) {
      const row: OpenReservation = { ...young, reservationId: `rsv_${i}`, messageId: `msg_${i}`, reservedAt: '2020' };
      listed.rows.push(row);
      await store.append(`message-${row.messageId}`, 'no_stream', [asNew(queued(row.messageId, row.reservationId))]);
    }
    expect(await sweep()).toMatchObject({ examined: 450, stand: 450 });
    expect(await balance()).toBe('90 available, 10 reserved');
  });
});
