import { streams } from '../../../src/domain/shared/streams';
import type { WalletEvent } from '../../../src/domain/wallet/events';
import { statementProjection } from '../../../src/projections/statement/statement.projection';
import { lastStatementLines } from '../../../src/projections/statement/statement.reader';
import { walletsProjection } from '../../../src/projections/wallets/wallets.projection';
import { ProjectedOpenReservations } from '../../../src/projections/wallets/wallets.reader';
import { testId } from '../../support/message-events';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

const customerId = testId('cus', 1);
const live = streams.wallet(customerId, 'live');
const test = streams.wallet(customerId, 'test');

const opened: WalletEvent = { type: 'WalletOpened', data: { customerId, mode: 'live' } };
const credited = (amount: string): WalletEvent => ({
  type: 'WalletCredited',
  data: { creditId: `credit-${amount}`, amount, source: 'opening', note: null },
});
const reserved = (n: number, amount: string): WalletEvent => ({
  type: 'FundsReserved',
  data: { reservationId: testId('rsv', n), messageId: testId('msg', n), amount },
});
const repriced = (n: number, from: string, to: string): WalletEvent => ({
  type: 'ReservationRepriced',
  data: { reservationId: testId('rsv', n), messageId: testId('msg', n), from, to },
});
const debited = (n: number, amount: string, released: string): WalletEvent => ({
  type: 'WalletDebited',
  data: { reservationId: testId('rsv', n), messageId: testId('msg', n), amount, released },
});
const released = (n: number, amount: string): WalletEvent => ({
  type: 'FundsReleased',
  data: { reservationId: testId('rsv', n), messageId: testId('msg', n), amount, reason: 'failed' },
});
const adjusted: WalletEvent = {
  type: 'WalletAdjustedDown',
  data: { adjustmentId: 'adjustment-1', amount: '500', note: 'credited twice' },
};

describe.each(DELIVERIES)('wallets and statements, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE wallets, reservations, statement_lines' }));

  async function after(given: [string, WalletEvent][], when: [string, WalletEvent][]) {
    const log = new TestLog();
    const before = given.map(([stream, event]) => log.append(stream, event));
    const news = when.map(([stream, event]) => log.append(stream, event));
    for (const projection of [walletsProjection, statementProjection]) {
      await applyTwice(db.database, projection, before, 'in one batch');
      await applyTwice(db.database, projection, news, delivery);
    }
    const rows = await tables();
    for (const projection of [walletsProjection, statementProjection]) {
      await applyTwice(db.database, projection, log.all, delivery);
    }
    expect(await tables()).toEqual(rows);
    return rows;
  }

  async function tables() {
    const all = async (text: string) => (await db.database.query<Record<string, unknown>>({ text })).rows;
    return {
      wallets: await all('SELECT customer_id, mode, revision, credited, debited, reserved FROM wallets ORDER BY mode'),
      reservations: await all('SELECT reservation_id, mode, amount, stands FROM reservations ORDER BY reservation_id'),
      lines: await all('SELECT mode, kind, amount, balance_after FROM statement_lines ORDER BY mode, revision'),
    };
  }

  it('counts what is credited, reserved and debited, and what is given back', async () => {
    const given: [string, WalletEvent][] = [
      [live, opened],
      [live, credited('100000')],
      [live, reserved(1, '8000')],
    ];
    const { wallets, reservations } = await after(given, [
      [live, reserved(2, '10000')],
      [live, debited(1, '8000', '0')],
      [live, reserved(3, '8000')],
      [live, released(3, '8000')],
    ]);
    const balance = { credited: '100000', debited: '8000', reserved: '10000' };
    expect(wallets).toEqual([{ customer_id: customerId, mode: 'live', revision: '6', ...balance }]);
    expect(reservations).toEqual([{ reservation_id: testId('rsv', 2), mode: 'live', amount: '10000', stands: false }]);
  });

  it('follows a reservation to another price, and gives the rest back at the debit', async () => {
    const given: [string, WalletEvent][] = [
      [live, credited('100000')],
      [live, reserved(1, '8000')],
    ];
    const repricedOnly = await after(given, [[live, repriced(1, '8000', '10000')]]);
    expect(repricedOnly.reservations).toMatchObject([{ amount: '10000' }]);
    await db.database.query({ text: 'TRUNCATE wallets, reservations, statement_lines' });
    const { wallets, reservations } = await after(given, [
      [live, repriced(1, '8000', '10000')],
      [live, debited(1, '7000', '3000')],
    ]);
    expect(wallets).toMatchObject([{ credited: '100000', debited: '7000', reserved: '0' }]);
    expect(reservations).toEqual([]);
  });

  it('keeps test money apart from live money', async () => {
    const { wallets } = await after(
      [[live, credited('5')]],
      [
        [test, credited('9')],
        [test, reserved(1, '2')],
      ],
    );
    expect(wallets).toMatchObject([
      { mode: 'live', credited: '5', reserved: '0' },
      { mode: 'test', credited: '9', reserved: '2' },
    ]);
  });

  it('writes a statement of what moved money, with the balance after each line', async () => {
    const { lines } = await after(
      [
        [live, credited('100000')],
        [live, reserved(1, '8000')],
        [live, debited(1, '8000', '0')],
      ],
      [
        [live, adjusted],
        [live, reserved(2, '8000')],
        [live, released(2, '8000')],
        [live, reserved(3, '10000')],
        [live, debited(3, '9000', '1000')],
      ],
    );
    expect(lines).toEqual([
      { mode: 'live', kind: 'credit', amount: '100000', balance_after: '100000' },
      { mode: 'live', kind: 'debit', amount: '-8000', balance_after: '92000' },
      { mode: 'live', kind: 'adjustment', amount: '-500', balance_after: '91500' },
      { mode: 'live', kind: 'debit', amount: '-9000', balance_after: '82500' },
    ]);
    const newest = await lastStatementLines(db.database, { customerId, mode: 'live' }, 1);
    expect(newest).toMatchObject([{ kind: 'debit', balanceAfter: 82_500n, messageId: testId('msg', 3) }]);
  });

  it('lists open reservations by age until they are known to stand', async () => {
    await after(
      [[live, credited('100')]],
      [
        [live, reserved(1, '1')],
        [live, reserved(2, '2')],
        [live, reserved(3, '3')],
      ],
    );
    const open = new ProjectedOpenReservations(db.database);
    // A second lies between events: the third reservation is the event at 06:00:04.
    const before = '2026-11-22T06:00:04.000Z';
    const first = { customerId, mode: 'live', reservationId: testId('rsv', 1), messageId: testId('msg', 1) };
    expect(await open.openOlderThan(before, 10)).toMatchObject([first, { reservationId: testId('rsv', 2) }]);
    expect(await open.openOlderThan(before, 1)).toEqual([{ ...first, reservedAt: '2026-11-22T06:00:02.000Z' }]);
    await open.markStands([testId('rsv', 1), testId('rsv', 99)]);
    expect(await open.openOlderThan(before, 10)).toMatchObject([{ reservationId: testId('rsv', 2) }]);
  });
});
