import { EventStoreDBClient, START } from '@eventstore/db-client';

export interface RawEvent {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Every event that is not the store's own, in the order of the log, through the official client and none of our code. */
export async function rawLog(eventStoreUrl: string): Promise<RawEvent[]> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const events: RawEvent[] = [];
  try {
    for await (const { event } of client.readAll({ fromPosition: START })) {
      if (event && !event.type.startsWith('$')) {
        const { id, streamId: stream, type } = event;
        events.push({ id, stream, type, data: event.data as Record<string, unknown> });
      }
    }
  } finally {
    await client.dispose();
  }
  return events;
}

/** Money as the log alone tells it, in 1/10 000 KES: an independent fold of one wallet's stream. */
export function foldWallet(
  events: readonly RawEvent[],
  stream: string,
): { available: bigint; reserved: bigint; debits: Map<string, number>; lowest: bigint } {
  let available = 0n;
  let lowest = 0n;
  const open = new Map<string, bigint>();
  const debits = new Map<string, number>();
  const units = (value: unknown): bigint => BigInt(String(value));
  for (const { stream: of, type, data } of events) {
    if (of !== stream) continue;
    const reservation = String(data['reservationId']);
    if (type === 'WalletCredited') available += units(data['amount']);
    else if (type === 'WalletAdjustedDown') available -= units(data['amount']);
    else if (type === 'FundsReserved') {
      if (open.has(reservation)) throw new Error(`${reservation} reserved twice`);
      available -= units(data['amount']);
      open.set(reservation, units(data['amount']));
    } else if (type === 'ReservationRepriced') {
      available += units(data['from']) - units(data['to']);
      open.set(reservation, units(data['to']));
    } else if (type === 'WalletDebited' || type === 'FundsReleased') {
      const held = open.get(reservation);
      if (held === undefined) throw new Error(`${reservation} ended twice, or never began`);
      open.delete(reservation);
      available += held - (type === 'WalletDebited' ? units(data['amount']) : 0n);
      if (type === 'WalletDebited')
        debits.set(String(data['messageId']), (debits.get(String(data['messageId'])) ?? 0) + 1);
    }
    if (available < lowest) lowest = available;
  }
  return { available, reserved: [...open.values()].reduce((sum, held) => sum + held, 0n), debits, lowest };
}

export const kes = (units: bigint): number => Number(units) / 10_000;
