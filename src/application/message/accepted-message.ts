import type { MessageQueued } from '../../domain/message/events';
import type { Tier } from '../../domain/routing/tiers';
import { parseMoney, toKesNumber } from '../../domain/shared/money';

/** The body of the 202. */
export interface AcceptedMessage {
  readonly message_id: string;
  readonly status: 'queued';
  readonly provider: Tier;
  readonly cost_kes: number;
}

export interface SendResult {
  readonly response: AcceptedMessage;
  /** True where an earlier request with the same Idempotency-Key got this answer first. */
  readonly replayed: boolean;
}

/** The 202, as the message's first event tells it: the same at every replay. */
export const acceptedFrom = ({ messageId, quote }: MessageQueued['data']): AcceptedMessage => ({
  message_id: messageId,
  status: 'queued',
  provider: quote.tier,
  cost_kes: toKesNumber(parseMoney(quote.amount)),
});
