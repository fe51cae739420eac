import type { Mode } from '../shared/event';
import type { Money } from '../shared/money';
import type { FundsReleased, WalletCredited } from './events';

export type OpenWallet = { readonly type: 'OpenWallet'; readonly customerId: string; readonly mode: Mode };

export type CreditWallet = {
  readonly type: 'CreditWallet';
  readonly creditId: string;
  readonly amount: Money;
  readonly source: WalletCredited['data']['source'];
  readonly note: string | null;
};

export type AdjustWalletDown = {
  readonly type: 'AdjustWalletDown';
  readonly adjustmentId: string;
  readonly amount: Money;
  readonly note: string;
};

export type ReserveFunds = {
  readonly type: 'ReserveFunds';
  /** Made for this command alone and never used again. */
  readonly reservationId: string;
  readonly messageId: string;
  readonly amount: Money;
};

/** The open reservation is to cover another price. */
export type RepriceReservation = {
  readonly type: 'RepriceReservation';
  readonly reservationId: string;
  readonly messageId: string;
  readonly amount: Money;
};

/** Ends the reservation: `amount`, at most what is reserved, is spent and the rest is available again. */
export type DebitReservation = {
  readonly type: 'DebitReservation';
  readonly reservationId: string;
  readonly messageId: string;
  readonly amount: Money;
};

/** Ends the reservation: all of it is available again. */
export type ReleaseReservation = {
  readonly type: 'ReleaseReservation';
  readonly reservationId: string;
  readonly messageId: string;
  readonly reason: FundsReleased['data']['reason'];
};

export type WalletCommand =
  | OpenWallet
  | CreditWallet
  | AdjustWalletDown
  | ReserveFunds
  | RepriceReservation
  | DebitReservation
  | ReleaseReservation;
