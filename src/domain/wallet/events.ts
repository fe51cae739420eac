/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent, Mode } from '../shared/event';
import type { MoneyString } from '../shared/money';

export type WalletOpened = DomainEvent<'WalletOpened', { customerId: string; mode: Mode }>;

export type WalletCredited = DomainEvent<
  'WalletCredited',
  {
    /** Unique over the wallet: a receipt number, or the id of an adjustment or opening grant. */
    creditId: string;
    amount: MoneyString;
    source: 'opening' | 'adjustment' | 'mpesa';
    /** Mandatory for an adjustment, else null. */
    note: string | null;
  }
>;

/** An adjustment downwards by operations, with a note. A debit of a reservation is WalletDebited. */
export type WalletAdjustedDown = DomainEvent<
  'WalletAdjustedDown',
  { adjustmentId: string; amount: MoneyString; note: string }
>;

export type FundsReserved = DomainEvent<
  'FundsReserved',
  { reservationId: string; messageId: string; amount: MoneyString }
>;

/** The reservation now covers another price. */
export type ReservationRepriced = DomainEvent<
  'ReservationRepriced',
  { reservationId: string; messageId: string; from: MoneyString; to: MoneyString }
>;

/** Ends the reservation: `amount` is spent, `released` (the rest of it) is available again. */
export type WalletDebited = DomainEvent<
  'WalletDebited',
  { reservationId: string; messageId: string; amount: MoneyString; released: MoneyString }
>;

/** Ends the reservation: all of it is available again. */
export type FundsReleased = DomainEvent<
  'FundsReleased',
  {
    reservationId: string;
    messageId: string;
    amount: MoneyString;
    reason: 'failed' | 'expired' | 'cancelled' | 'unknown' | 'abandoned' | 'lost_race';
  }
>;

/** Available money fell through the customer's line. Once per crossing. */
export type LowBalanceReached = DomainEvent<'LowBalanceReached', { available: MoneyString; threshold: MoneyString }>;

export type WalletEvent =
  | WalletOpened
  | WalletCredited
  | WalletAdjustedDown
  | FundsReserved
  | ReservationRepriced
  | WalletDebited
  | FundsReleased
  | LowBalanceReached;
