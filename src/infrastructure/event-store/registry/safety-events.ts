import { first } from './event-definition';
import { count, exact, instant, oneOf, orNull, text } from './schema-parts';

/** Streams `block-{subject}`. */
export const blockEvents = {
  BlockPlaced: first(
    'Nothing is sent to the subject from now on.',
    exact({ subject: text, kind: oneOf('recipient', 'prefix', 'customer'), customerId: orNull(text), reason: text }),
  ),
  BlockLifted: first('The block ended; the note says why.', exact({ subject: text, note: text })),
};

/** Streams `provider-{name}`. */
export const providerEvents = {
  ProviderDegraded: first(
    'Routing leaves the provider alone until then.',
    exact({
      provider: text,
      tier: text,
      cause: oneOf('circuit'),
      failuresInRow: count,
      lastCode: text,
      until: instant,
    }),
  ),
  ProviderRecovered: first(
    'Routing uses the provider again.',
    exact({ provider: text, tier: text, cause: oneOf('circuit') }),
  ),
};
