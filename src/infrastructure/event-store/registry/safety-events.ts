import { first } from './event-definition';
import { exact, mode, oneOf, orNull, sealed, text } from './schema-parts';

const source = oneOf('keyword', 'provider', 'api', 'operator');

/** Streams `block-{subject}`. */
export const blockEvents = {
  BlockPlaced: first(
    'Nothing is sent to the subject from now on.',
    exact({ subject: text, kind: oneOf('recipient', 'prefix', 'customer'), customerId: orNull(text), reason: text }),
  ),
  BlockLifted: first('The block ended; the note says why.', exact({ subject: text, note: text })),
};

/** Streams `optout-{opt_}`. */
export const optOutEvents = {
  RecipientOptedOut: first(
    'The recipient wants no promotion from this sender, or from any of the customer (sender null).',
    exact({ optOutId: text, customerId: text, mode, subjectId: text, phone: sealed, sender: orNull(text), source }),
  ),
  RecipientOptedIn: first('The recipient takes promotion from this sender again.', exact({ optOutId: text, source })),
};
