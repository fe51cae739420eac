import type { Tier } from '../routing/tiers';
import { moneyString, parseMoney, ZERO, type Money, type MoneyString } from '../shared/money';
import type { MessageRerouted } from './events';
import type { Attempt, LiveMessage } from './state';

/** Price of the whole message at a tier. @throws RangeError where the tier is no candidate of this message */
export function priceAt(state: LiveMessage, tier: Tier): MoneyString {
  const price = state.order.prices[tier];
  if (price === undefined) throw new RangeError(`${state.order.messageId} has no price at ${tier}`);
  return price;
}

export const hasRefused = (state: LiveMessage, tier: Tier): boolean =>
  state.attempts.some(({ tier: at, result }) => at === tier && result.kind === 'refused' && result.tierRefused);

/** A provider there has the message, or may have it: a second copy there would be one too many. */
const mayHaveIt = (state: LiveMessage, tier: Tier): boolean =>
  state.attempts.some(({ tier: at, result }) => at === tier && result.kind !== 'refused');

/** Tiers that have neither refused the message nor may have it, in the customer's order. */
export function openTiers(state: LiveMessage): Tier[] {
  return state.order.candidates.filter((tier) => !hasRefused(state, tier) && !mayHaveIt(state, tier));
}

export const everyTierRefused = (state: LiveMessage): boolean =>
  state.order.candidates.every((tier) => hasRefused(state, tier));

/** The last attempt that a provider once accepted, whatever its report said afterwards. */
export const lastAccepted = (state: LiveMessage): Attempt | undefined =>
  state.attempts.findLast(({ providerMessageId }) => providerMessageId !== null);

/**
 * What the reservation must cover before this tier is tried: its price, and under prefer_delivery also the price of every
 * tier that may turn out to be the one that delivered.
 */
export function reservationFor(state: LiveMessage, tier: Tier): Money {
  let most = parseMoney(priceAt(state, tier));
  for (const attempt of state.attempts) {
    if (attempt.providerMessageId === null && attempt.result.kind !== 'unknown') continue;
    const price = parseMoney(priceAt(state, attempt.tier));
    if (price > most) most = price;
  }
  return most;
}

/** False where the customer's own limit for this message forbids the tier. */
export function withinMaxCost(state: LiveMessage, tier: Tier): boolean {
  const { maxCost } = state.order;
  return maxCost === null || parseMoney(priceAt(state, tier)) <= parseMoney(maxCost);
}

/** What ends the reservation when the message is charged: the price where it was delivered, else where it was last accepted. */
export function amountToCharge(state: LiveMessage, deliveredAt: Tier | null): MoneyString {
  const tier = deliveredAt ?? lastAccepted(state)?.tier;
  return tier === undefined ? moneyString(ZERO) : priceAt(state, tier);
}

export function rerouteReason(state: LiveMessage, toTier: Tier): MessageRerouted['data']['reason'] {
  const last = state.attempts.at(-1);
  if (last === undefined) {
    const cheaper = parseMoney(priceAt(state, toTier)) < parseMoney(priceAt(state, state.tier));
    return cheaper && !withinMaxCost(state, state.tier) ? 'cheaper_tier' : 'tier_unavailable';
  }
  if (last.result.kind === 'unknown') return 'unknown_outcome';
  if (last.providerMessageId !== null) return 'report_failed';
  if (last.result.kind === 'refused' && last.result.tierRefused) return 'refused';
  return last.tier === toTier ? 'tier_unavailable' : 'retries_exhausted';
}
