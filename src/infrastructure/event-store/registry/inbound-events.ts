import { Type } from '@sinclair/typebox';
import { first } from './event-definition';
import { exact, mode, orNull, text } from './schema-parts';

/** Streams `inbound-{number}`. */
export const inboundEvents = {
  InboundNumberAssigned: first(
    'Texts to the number, or those that begin with the keyword, are this customer’s from now on.',
    exact({ number: text, keyword: orNull(text), customerId: text, mode, senders: Type.Array(text) }),
  ),
  InboundNumberReleased: first(
    'They are nobody’s from now on: texts are parked.',
    exact({ number: text, keyword: orNull(text), customerId: text }),
  ),
  ParkedTextDiscarded: first(
    'An operator did away with a text that was nobody’s; the note says why.',
    exact({ number: text, textId: text, note: text }),
  ),
};
