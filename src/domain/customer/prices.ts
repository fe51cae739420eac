import type { Tier } from '../routing/tiers';
import { parseMoney, type Money } from '../shared/money';
import type { PublishedPriceList } from './state';

/** What a segment costs at each tier. */
export type PricePerSegment = Readonly<Record<Tier, Money>>;

/** A price list made ready for look-ups. */
export interface PriceTable {
  readonly perSegment: PricePerSegment;
  /** By MCC and MNC: of networks that have prices of their own, with what they have in common with all others filled in. */
  readonly byNetwork: ReadonlyMap<string, PricePerSegment>;
}

export function priceTable({ perSegment, networks }: Pick<PublishedPriceList, 'perSegment' | 'networks'>): PriceTable {
  const priced = (prices: PublishedPriceList['perSegment']): PricePerSegment => ({
    tier_1: parseMoney(prices.tier_1),
    tier_2: parseMoney(prices.tier_2),
    tier_3: parseMoney(prices.tier_3),
  });
  const byNetwork = networks.map((one) => [one.network, priced({ ...perSegment, ...one.perSegment })] as const);
  return { perSegment: priced(perSegment), byNetwork: new Map(byNetwork) };
}

/** @param network MCC and MNC of the recipient's; null where it is not known: the prices that hold everywhere. */
export function perSegmentFor({ perSegment, byNetwork }: PriceTable, network: string | null): PricePerSegment {
  return network === null ? perSegment : (byNetwork.get(network) ?? perSegment);
}
