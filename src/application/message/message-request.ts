import type { EncodingWish } from '../../domain/message/encoding';
import type { MessageClass, OnUnknown } from '../../domain/message/events';
import type { Mode } from '../../domain/shared/event';
import type { Money } from '../../domain/shared/money';
import type { CustomerRecord } from '../ports/customer-directory';

/** Who asks, by the key that the guard has accepted. */
export interface Caller {
  readonly customer: CustomerRecord;
  readonly keyId: string;
  readonly mode: Mode;
  /** Correlation id of all that follows. */
  readonly requestId: string;
}

/** What is asked for; null where the request left it out and nothing stands in for it. */
export interface MessageRequest {
  readonly to: string;
  readonly body: string;
  readonly senderId: string | null;
  readonly validForSeconds: number | null;
  readonly onUnknown: OnUnknown | null;
  readonly clientReference: string | null;
  readonly encoding: EncodingWish | null;
  readonly maxSegments: number | null;
  readonly maxCost: Money | null;
  /** ISO, UTC. */
  readonly sendAt: string | null;
  readonly class: MessageClass;
}

/** The Idempotency-Key with digests (hex) of the canonical request body: plain for the log (sealed), keyed for Redis. */
export interface Idempotency {
  readonly key: string;
  readonly digest: string;
  /** Null: an item's place in its batch, which nobody else can ask for; the batch as a whole holds the claim in Redis. */
  readonly keyedDigest: string | null;
}
