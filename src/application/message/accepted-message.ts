import type { MessageQueued, MessageScheduled } from '../../domain/message/events';
import type { Tier } from '../../domain/routing/tiers';
import { parseMoney, toKesNumber } from '../../domain/shared/money';

/** The body of the 202. */
export interface AcceptedMessage {
  readonly message_id: string;
  readonly status: 'queued' | 'scheduled';
  readonly provider: Tier;
  readonly cost_kes: number;
  /** ISO; of a scheduled one. */
  readonly send_at?: string;
}

/** The payload of a message's first visible event. */
export type AcceptedData = MessageQueued['data'] | MessageScheduled['data'];

export interface SendResult {
  readonly response: AcceptedMessage;
  /** True where an earlier request with the same Idempotency-Key got this answer first. */
  readonly replayed: boolean;
  /** The batch that an earlier acceptance came in; left out where it came in none, or the log was not asked. */
  readonly batchId?: string;
}

/** The 202, as the message's first event tells it: the same at every replay. */
export function acceptedFrom(data: AcceptedData): AcceptedMessage {
  const { messageId, quote } = data;
  const known = { provider: quote.tier, cost_kes: toKesNumber(parseMoney(quote.amount)) };
  return 'sendAt' in data
    ? { message_id: messageId, status: 'scheduled', ...known, send_at: data.sendAt }
    : { message_id: messageId, status: 'queued', ...known };
}
