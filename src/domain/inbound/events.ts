/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent, Mode } from '../shared/event';

/** Texts to the number, or those that begin with the keyword, are this customer's from now on. */
export type InboundNumberAssigned = DomainEvent<
  'InboundNumberAssigned',
  {
    /** A short code, or E.164. */
    number: string;
    /** Capital letters and digits; null: the whole number, or what is left of a shared one. */
    keyword: string | null;
    customerId: string;
    mode: Mode;
    /** The senders that a STOP to this number means; empty: all of the customer's. */
    senders: string[];
  }
>;
export type InboundNumberReleased = DomainEvent<
  'InboundNumberReleased',
  { number: string; keyword: string | null; customerId: string }
>;

/** An operator has looked at a text that was nobody's, and done away with it. */
export type ParkedTextDiscarded = DomainEvent<
  'ParkedTextDiscarded',
  {
    /** What it was sent to. */
    number: string;
    /** UUID, as it is listed. */
    textId: string;
    /** Why; without personal data. */
    note: string;
  }
>;

export type InboundEvent = InboundNumberAssigned | InboundNumberReleased | ParkedTextDiscarded;
