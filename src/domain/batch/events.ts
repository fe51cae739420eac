/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { Tier } from '../routing/tiers';
import type { ErrorCode, FieldError } from '../shared/domain-error';
import type { DomainEvent, Mode } from '../shared/event';
import type { MoneyString } from '../shared/money';

/** A batch with an Idempotency-Key came in. `size`: its items. None is accepted before this is stored. */
export type BatchStarted = DomainEvent<
  'BatchStarted',
  { batchId: string; customerId: string; mode: Mode; size: number }
>;

/** An item that has its message. `replayed`: an earlier item, or an earlier request, had made it. */
export interface AcceptedItem {
  messageId: string;
  tier: Tier;
  amount: MoneyString;
  replayed: boolean;
}

/** An item that was refused. Holds nothing of what it said. */
export interface RefusedItem {
  code: ErrorCode;
  detail: string;
  fields: FieldError[];
}

/** What was decided of some of its items, by their index from 0. Of what is said twice of one, the later counts. */
export type BatchItemsDecided = DomainEvent<
  'BatchItemsDecided',
  { batchId: string; items: ({ index: number } & (AcceptedItem | RefusedItem))[] }
>;

export type BatchEvent = BatchStarted | BatchItemsDecided;
