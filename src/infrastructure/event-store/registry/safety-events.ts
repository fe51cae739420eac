import { first } from './event-definition';
import { exact, oneOf, orNull, text } from './schema-parts';

/** Streams `block-{subject}`. */
export const blockEvents = {
  BlockPlaced: first(
    'Nothing is sent to the subject from now on.',
    exact({ subject: text, kind: oneOf('recipient', 'prefix', 'customer'), customerId: orNull(text), reason: text }),
  ),
  BlockLifted: first('The block ended; the note says why.', exact({ subject: text, note: text })),
};
