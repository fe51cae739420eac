import { InvalidArgumentError } from 'commander';
import { NETWORKS } from '../domain/message/network';
import { TIERS, type Tier } from '../domain/routing/tiers';
import { isId, type IdPrefix } from '../domain/shared/ids';
import { fromKesText, type Money } from '../domain/shared/money';

/** `0.8`, `1250`: an amount in KES. */
export function kesAmount(text: string): Money {
  try {
    const amount = fromKesText(text);
    if (amount >= 0n) return amount;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new InvalidArgumentError('It must be an amount in KES with at most four decimals, 0 or more.');
}

export function positiveKesAmount(text: string): Money {
  const amount = kesAmount(text);
  if (amount === 0n) throw new InvalidArgumentError('It must be more than 0.');
  return amount;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function tierName(text: string): Tier {
  const tier = TIERS.find((one) => one === text);
  if (tier === undefined) throw new InvalidArgumentError(`It must be one of ${TIERS.join(', ')}.`);
  return tier;
}

/** `tier_1,tier_2`: in this order. */
export const tierList = (text: string): Tier[] => text.split(',').map((one) => tierName(one.trim()));

/** By MCC and MNC. */
export type PricesByNetwork = ReadonlyMap<string, { readonly [tier in Tier]?: Money }>;

/** `airtel:tier_1=0.90,tier_3=2.40`: prices of one network, by name or MCC and MNC, added to those given before. */
export function networkPrices(text: string, before: PricesByNetwork = new Map()): PricesByNetwork {
  const cut = text.indexOf(':');
  const network = networkCode(text.slice(0, Math.max(0, cut)));
  if (before.has(network)) throw new InvalidArgumentError(`${network} is named twice.`);
  const prices: { [tier in Tier]?: Money } = {};
  for (const part of text.slice(cut + 1).split(',')) {
    const [tier = '', ...kes] = part.split('=');
    prices[tierName(tier.trim())] = kesAmount(kes.join('=').trim());
  }
  return new Map([...before, [network, prices]]);
}

function networkCode(text: string): string {
  const wanted = text.trim().toLowerCase();
  for (const [code, name] of NETWORKS) if (code === wanted || name.toLowerCase() === wanted) return code;
  const known = [...NETWORKS].map(([code, name]) => `${name} (${code})`).join(', ');
  throw new InvalidArgumentError(`It must begin with a network and a colon, airtel:tier_1=0.90; known are ${known}.`);
}

/** `KE,UG`. */
export const countryList = (text: string): string[] => text.split(',').map((one) => one.trim().toUpperCase());

/** An id with this prefix. */
export const idOf =
  (prefix: IdPrefix) =>
  (text: string): string => {
    if (!isId(text, prefix)) throw new InvalidArgumentError(`It must be an id, ${prefix}_ and 26 characters.`);
    return text;
  };

/** An instant that is still to come, RFC 3339; ISO in UTC. */
export function instant(text: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a time such as 2027-01-31T12:00:00Z.');
  return new Date(ms).toISOString();
}

export function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new InvalidArgumentError('It must be a UUID.');
  return text.toLowerCase();
}
