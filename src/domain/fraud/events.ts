/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent } from '../shared/event';

/** What a block is on: a recipient of one customer, a number prefix (digits), or a customer. */
export type BlockKind = 'recipient' | 'prefix' | 'customer';

export type BlockPlaced = DomainEvent<
  'BlockPlaced',
  {
    /** `sub_…`, `prefix-254700` or `cus_…`: the id of the stream. */
    subject: string;
    kind: BlockKind;
    /** Null where the block holds for all customers. */
    customerId: string | null;
    reason: string;
  }
>;
/** No block ends by itself: the note is mandatory. */
export type BlockLifted = DomainEvent<'BlockLifted', { subject: string; note: string }>;
export type BlockEvent = BlockPlaced | BlockLifted;
