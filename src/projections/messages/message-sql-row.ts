import type { MessageRow } from './message-row';

export const MESSAGE_COLUMNS =
  'message_id, revision, customer_id, mode, direction, channel, class, subject_id, recipient, body, sender, encoding, ' +
  'segments, on_unknown, prices, client_reference, batch_id, send_at, valid_until, created_at, status, final, tier, amount, ' +
  'charge, error, dispatched_at, delivered_at';

type Times = 'send_at' | 'valid_until' | 'created_at' | 'dispatched_at' | 'delivered_at';

/** As `pg` hands it out: 64-bit integers and numerics as decimal strings, times as Date. */
export type MessageSqlRow = Omit<MessageRow, Times> & {
  readonly [time in Times]: null extends MessageRow[time] ? Date | null : Date;
};

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function rowFromSql(row: MessageSqlRow): MessageRow {
  return {
    ...row,
    send_at: iso(row.send_at),
    valid_until: iso(row.valid_until),
    created_at: row.created_at.toISOString(),
    dispatched_at: iso(row.dispatched_at),
    delivered_at: iso(row.delivered_at),
  };
}
