import { amountToCharge } from '../../../domain/message/candidates';
import type { LiveMessage } from '../../../domain/message/state';
import type { Tier } from '../../../domain/routing/tiers';
import { parseMoney, ZERO, type Money } from '../../../domain/shared/money';

/** What a message came to. */
export interface Outcome {
  readonly cost: Money;
  /** 1 or 0; of an estimate the share that the tier delivered of others. Null: nothing says. */
  readonly delivered: number | null;
  readonly isEstimate: boolean;
}

export type PriceAt = (tier: Tier) => Money;

/** As it was, at these prices: charged where it was carried, nothing where its money went back, else what is reserved. */
export function recordedOutcome(state: LiveMessage, deliveredAt: Tier | null, priceAt: PriceAt | null): Outcome {
  const delivered = deliveredAt === null ? 0 : 1;
  const known = { delivered, isEstimate: false };
  if (state.charge === 'released') return { ...known, cost: ZERO };
  if (state.charge === 'reserved') {
    return { ...known, cost: priceAt === null ? parseMoney(state.reserved) : priceAt(state.tier) };
  }
  const isByDelivery = state.order.onUnknown === 'prefer_delivery';
  if (priceAt === null) return { ...known, cost: parseMoney(amountToCharge(state, isByDelivery ? deliveredAt : null)) };
  const accepted = state.attempts.findLast(({ providerMessageId }) => providerMessageId !== null)?.tier;
  const tier = (isByDelivery ? deliveredAt : null) ?? accepted;
  return { ...known, cost: tier === undefined ? ZERO : priceAt(tier) };
}

/**
 * As it would have been, sent to another tier first. Where the log holds a call there, it says what that tier did with it;
 * where it does not, the tier is taken to have accepted it and to have delivered as large a share as of the others in the window.
 */
export function replayedOutcome(
  state: LiveMessage,
  { deliveredAt, tier, priceAt, rate }: { deliveredAt: Tier | null; tier: Tier; priceAt: PriceAt; rate: number | null },
): Outcome {
  const there = state.attempts.findLast((attempt) => attempt.tier === tier);
  if (there === undefined) return { cost: priceAt(tier), delivered: rate, isEstimate: true };
  if (there.providerMessageId !== null) {
    return { cost: priceAt(tier), delivered: deliveredAt === tier ? 1 : 0, isEstimate: false };
  }
  // It did not take it then: so it would have gone on as it did.
  return { ...recordedOutcome(state, deliveredAt, priceAt), isEstimate: true };
}
