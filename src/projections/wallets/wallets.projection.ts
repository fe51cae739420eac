import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { assertNever } from '../../domain/shared/decider';
import type { Mode } from '../../domain/shared/event';
import { walletOfStream } from '../../domain/shared/streams';
import type { WalletEvent } from '../../domain/wallet/events';
import { byStream, eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';

/** Amounts: decimal strings of 1/10 000 KES as they stand in rows, bigint while a batch is folded. */
interface Balance {
  credited: bigint;
  debited: bigint;
  reserved: bigint;
}

interface ReservationRow {
  readonly reservation_id: string;
  readonly customer_id: string;
  readonly mode: Mode;
  readonly message_id: string;
  amount: string;
  readonly created_at: string;
}

/** What a batch does to the table of open reservations. One that begins and ends in the batch is never written. */
interface ReservationChanges {
  readonly begun: Map<string, ReservationRow>;
  readonly repriced: Map<string, string>;
  readonly ended: string[];
}

interface WalletRow {
  customer_id: string;
  mode: Mode;
  revision: string;
  credited: string;
  debited: string;
  reserved: string;
}

const UPSERT = `
  INSERT INTO wallets AS w (customer_id, mode, revision, credited, debited, reserved, updated_at)
  SELECT customer_id, mode, revision, credited, debited, reserved, updated_at
    FROM json_populate_recordset(NULL::wallets, $1::json)
  ON CONFLICT (customer_id, mode) DO UPDATE
     SET revision = excluded.revision, credited = excluded.credited, debited = excluded.debited,
         reserved = excluded.reserved, updated_at = excluded.updated_at
   WHERE w.revision < excluded.revision`;

const BEGIN = `
  INSERT INTO reservations (reservation_id, customer_id, mode, message_id, amount, created_at)
  SELECT reservation_id, customer_id, mode, message_id, amount, created_at
    FROM json_populate_recordset(NULL::reservations, $1::json)
  ON CONFLICT (reservation_id) DO NOTHING`;

const REPRICE = `
  UPDATE reservations r SET amount = x.amount
    FROM unnest($1::text[], $2::numeric[]) AS x(reservation_id, amount)
   WHERE r.reservation_id = x.reservation_id`;

/** Balances, and which reservations are open. */
export const walletsProjection: EventProjection = {
  kind: 'events',
  name: 'wallets',
  version: 1,
  tables: [{ name: 'wallets' }, { name: 'reservations', notDerived: ['stands'] }],
  handles: [
    'WalletOpened',
    'WalletCredited',
    'WalletAdjustedDown',
    'FundsReserved',
    'ReservationRepriced',
    'WalletDebited',
    'FundsReleased',
  ] satisfies WalletEvent['type'][],
  async apply(events, sql) {
    const streams = byStream(events);
    const standing = await load([...streams.keys()], sql);
    const changes: ReservationChanges = { begun: new Map(), repriced: new Map(), ended: [] };
    const rows: object[] = [];
    for (const [stream, news] of streams) {
      const wallet = walletOfStream(stream);
      const before = standing.get(stream);
      // Seen before means applied before: amounts must not count twice.
      const fresh = news.filter((event) => event.revision > BigInt(before?.revision ?? -1));
      const last = fresh.at(-1);
      if (last === undefined) continue;
      const balance = {
        credited: BigInt(before?.credited ?? 0),
        debited: BigInt(before?.debited ?? 0),
        reserved: BigInt(before?.reserved ?? 0),
      };
      for (const event of fresh) count(balance, changes, wallet, event);
      rows.push({
        customer_id: wallet.customerId,
        mode: wallet.mode,
        revision: last.revision.toString(),
        credited: balance.credited.toString(),
        debited: balance.debited.toString(),
        reserved: balance.reserved.toString(),
        updated_at: last.metadata.at,
      });
    }
    if (rows.length > 0) await sql.query({ name: 'wallets_upsert', text: UPSERT, values: [sqlJson(rows)] });
    await write(changes, sql);
  },
};

function count(
  balance: Balance,
  changes: ReservationChanges,
  wallet: { customerId: string; mode: Mode },
  recorded: RecordedEvent,
): void {
  const event = eventOf<Exclude<WalletEvent, { type: 'LowBalanceReached' }>>(recorded);
  switch (event.type) {
    case 'WalletOpened':
      return;
    case 'WalletCredited':
      balance.credited += BigInt(event.data.amount);
      return;
    case 'WalletAdjustedDown':
      balance.debited += BigInt(event.data.amount);
      return;
    case 'FundsReserved': {
      const { reservationId, messageId, amount } = event.data;
      balance.reserved += BigInt(amount);
      changes.begun.set(reservationId, {
        reservation_id: reservationId,
        customer_id: wallet.customerId,
        mode: wallet.mode,
        message_id: messageId,
        amount,
        created_at: recorded.metadata.at,
      });
      return;
    }
    case 'ReservationRepriced': {
      const { reservationId, from, to } = event.data;
      balance.reserved += BigInt(to) - BigInt(from);
      const begun = changes.begun.get(reservationId);
      if (begun === undefined) changes.repriced.set(reservationId, to);
      else begun.amount = to;
      return;
    }
    case 'WalletDebited': {
      const { reservationId, amount, released } = event.data;
      balance.reserved -= BigInt(amount) + BigInt(released);
      balance.debited += BigInt(amount);
      end(changes, reservationId);
      return;
    }
    case 'FundsReleased':
      balance.reserved -= BigInt(event.data.amount);
      end(changes, event.data.reservationId);
      return;
    default:
      assertNever(event);
  }
}

function end(changes: ReservationChanges, reservationId: string): void {
  changes.repriced.delete(reservationId);
  if (!changes.begun.delete(reservationId)) changes.ended.push(reservationId);
}

async function load(streams: readonly string[], sql: ProjectionSql): Promise<Map<string, WalletRow>> {
  const wallets = streams.map(walletOfStream);
  const { rows } = await sql.query<WalletRow & { stream: string }>({
    name: 'wallets_load',
    text: `SELECT x.stream, w.customer_id, w.mode, w.revision, w.credited, w.debited, w.reserved
             FROM unnest($1::text[], $2::text[], $3::text[]) AS x(stream, customer_id, mode)
             JOIN wallets w ON w.customer_id = x.customer_id AND w.mode = x.mode`,
    values: [streams, wallets.map((one) => one.customerId), wallets.map((one) => one.mode)],
  });
  return new Map(rows.map((row) => [row.stream, row]));
}

async function write({ begun, repriced, ended }: ReservationChanges, sql: ProjectionSql): Promise<void> {
  if (begun.size > 0) {
    await sql.query({ name: 'reservations_begin', text: BEGIN, values: [sqlJson([...begun.values()])] });
  }
  if (repriced.size > 0) {
    const values = [[...repriced.keys()], [...repriced.values()]];
    await sql.query({ name: 'reservations_reprice', text: REPRICE, values });
  }
  if (ended.length > 0) {
    const text = 'DELETE FROM reservations WHERE reservation_id = ANY($1)';
    await sql.query({ name: 'reservations_end', text, values: [ended] });
  }
}
