import type { Mode } from '../../domain/shared/event';

export const OPEN_RESERVATIONS = Symbol('OpenReservations');

/** A reservation that has no end yet, as the wallet's read model knows it. */
export interface OpenReservation {
  readonly customerId: string;
  readonly mode: Mode;
  readonly reservationId: string;
  readonly messageId: string;
  /** ISO; `at` of its FundsReserved. */
  readonly reservedAt: string;
}

/**
 * Reservations over all customers, for the sweeper alone. The read model may lag: what it calls open may have ended,
 * which does no harm, since the wallet and the message's stream have the last word.
 */
export interface OpenReservations {
  /** Reserved before `before` (ISO), without an end, not marked as standing; oldest first. One indexed query. */
  openOlderThan(before: string, limit: number): Promise<OpenReservation[]>;
  /** A message names them, so they end with it: they are not listed again. Idempotent; unknown ids are passed over. */
  markStands(reservationIds: readonly string[]): Promise<void>;
}
