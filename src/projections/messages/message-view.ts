import type { MessageView } from '../../application/ports/message-reads';
import { parseMoney, toKesNumber } from '../../domain/shared/money';
import type { MessageRow } from './message-row';

/** The REST resource. The person's number and the body come opened (or `[erased]`). */
export function messageView(row: MessageRow, person: string, body: string): MessageView {
  const [from, to] = row.direction === 'outbound' ? [row.sender, person] : [person, row.sender];
  return {
    message_id: row.message_id,
    mode: row.mode,
    direction: row.direction,
    to,
    from,
    channel: row.channel,
    body,
    class: row.class,
    status: row.status,
    final: row.final,
    provider: row.tier,
    encoding: row.encoding,
    segments: row.segments,
    cost_kes: toKesNumber(parseMoney(row.amount)),
    charge: row.charge,
    error: row.error,
    client_reference: row.client_reference,
    send_at: row.send_at,
    valid_until: row.valid_until,
    created_at: row.created_at,
    dispatched_at: row.dispatched_at,
    delivered_at: row.delivered_at,
  };
}
