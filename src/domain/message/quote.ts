import type { Tier } from '../routing/tiers';
import { timesMoney, type Money } from '../shared/money';

export interface QuoteRequest {
  readonly segments: number;
  /** The price list's columns, for the recipient's network. */
  readonly perSegment: Readonly<Record<Tier, Money>>;
  /** Tiers that may carry it, in the order in which routing would try them now. */
  readonly candidates: readonly Tier[];
  /** The most that the customer lets it cost; null: no limit. */
  readonly maxCost: Money | null;
}

export interface Quote {
  /** Of the whole message, at each candidate. */
  readonly prices: Readonly<Partial<Record<Tier, Money>>>;
  /** The first candidate within the customer's limit; null where each of them costs more. */
  readonly picked: { readonly tier: Tier; readonly amount: Money } | null;
}

/**
 * What a message costs at each tier, and the tier that carries it: routing's first that the customer's limit lets through. A
 * price of a segment is whole units of 1/10 000 KES and is multiplied by the segments: nothing is ever rounded.
 */
export function quoteMessage(request: QuoteRequest): Quote {
  const prices: Partial<Record<Tier, Money>> = {};
  let picked: Quote['picked'] = null;
  for (const tier of request.candidates) {
    const amount = timesMoney(request.perSegment[tier], request.segments);
    prices[tier] = amount;
    if (picked === null && isWithin(amount, request.maxCost)) picked = { tier, amount };
  }
  return { prices, picked };
}

/** Whether a price is one that the customer lets a message cost. */
export const isWithin = (amount: Money, maxCost: Money | null): boolean => maxCost === null || amount <= maxCost;
