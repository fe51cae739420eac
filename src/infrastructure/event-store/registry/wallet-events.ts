import { first } from './event-definition';
import { amount, exact, mode, oneOf, orNull, text } from './schema-parts';

/** Streams `wallet-{cus_}` and `wallet-{cus_}.test`. */
export const walletEvents = {
  WalletOpened: first('A customer’s wallet of one mode exists.', exact({ customerId: text, mode })),
  WalletCredited: first(
    'Money came in.',
    exact({ creditId: text, amount, source: oneOf('opening', 'adjustment', 'mpesa'), note: orNull(text) }),
  ),
  WalletAdjustedDown: first(
    'Operations took money out, with a note.',
    exact({ adjustmentId: text, amount, note: text }),
  ),
  FundsReserved: first('Money is set aside for one message.', exact({ reservationId: text, messageId: text, amount })),
  ReservationRepriced: first(
    'The reservation now covers another price.',
    exact({ reservationId: text, messageId: text, from: amount, to: amount }),
  ),
  WalletDebited: first(
    'Ends the reservation: `amount` is spent, `released` is available again.',
    exact({ reservationId: text, messageId: text, amount, released: amount }),
  ),
  FundsReleased: first(
    'Ends the reservation: all of it is available again.',
    exact({
      reservationId: text,
      messageId: text,
      amount,
      reason: oneOf('failed', 'expired', 'cancelled', 'unknown', 'abandoned', 'lost_race'),
    }),
  ),
  LowBalanceReached: first(
    'Available money fell through the customer’s line; once a crossing.',
    exact({ available: amount, threshold: amount }),
  ),
};
