/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent, Mode } from '../shared/event';
import type { Sealed } from '../shared/sealed';

/** How we heard of it: a keyword in a text to us, the provider's own call, the customer, or operations. */
export type OptOutSource = 'keyword' | 'provider' | 'api' | 'operator';

/** The recipient wants no promotion from this sender of this customer. What is transactional, and an OTP, still goes. */
export type RecipientOptedOut = DomainEvent<
  'RecipientOptedOut',
  {
    /** `opt_…`, the id of the stream: made of subject, mode and sender, so that each pair has one. */
    optOutId: string;
    customerId: string;
    mode: Mode;
    /** Random id of the recipient within this customer. */
    subjectId: string;
    /** E.164, sealed. */
    phone: Sealed;
    /** Null: every sender of this customer, whatever it is called, those to come included. */
    sender: string | null;
    source: OptOutSource;
  }
>;

/** The recipient takes promotion from this sender again. */
export type RecipientOptedIn = DomainEvent<'RecipientOptedIn', { optOutId: string; source: OptOutSource }>;
export type OptOutEvent = RecipientOptedOut | RecipientOptedIn;
