import { InvalidArgumentError } from 'commander';
import { AS_RECORDED, type ReplaySettings } from '../application/routing/replay/settings';
import { TIERS, type Tier } from '../domain/routing/tiers';
import { kesAmount, tierList, tierName } from './arguments';

const THRESHOLDS = { degrade_under: 'degradeUnder', margin: 'margin', cooldown: 'cooldownSeconds' } as const;

/** `degrade_under=80`, `price.tier_2=0.90`, `order=tier_2,tier_1,tier_3`: one more setting. */
export function replaySetting(text: string, before: ReplaySettings = AS_RECORDED): ReplaySettings {
  const [, name = '', value = ''] = /^([a-z_.0-9]+)=(.+)$/.exec(text) ?? [];
  if (name === 'order') return { ...before, order: wholeOrder(value) };
  if (name.startsWith('price.')) {
    return { ...before, prices: { ...before.prices, [tierName(name.slice('price.'.length))]: kesAmount(value) } };
  }
  const threshold = Object.entries(THRESHOLDS).find(([known]) => known === name)?.[1];
  if (threshold === undefined || !/^\d{1,6}(\.\d)?$/.test(value)) {
    throw new InvalidArgumentError(
      'It must be degrade_under=NUMBER, margin=NUMBER, cooldown=SECONDS, price.TIER=KES or order=TIER,TIER,TIER.',
    );
  }
  return { ...before, thresholds: { ...before.thresholds, [threshold]: Number(value) } };
}

function wholeOrder(text: string): Tier[] {
  const order = tierList(text);
  if (order.length === TIERS.length && TIERS.every((tier) => order.includes(tier))) return order;
  throw new InvalidArgumentError(`It must name each of ${TIERS.join(', ')} once.`);
}
