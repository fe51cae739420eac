import { NETWORKS } from '../message/network';
import { TIERS } from '../routing/tiers';
import type { Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import { moneyString } from '../shared/money';
import type { PriceListCommand } from './commands';
import type { NetworkPrices, PriceListEvent, PriceListPublished } from './events';
import { unpublished, type PriceListState } from './state';

const LONGEST_NAME = 200;

/** @throws DomainError validation_failed */
function decide(command: PriceListCommand, state: PriceListState): readonly PriceListEvent[] {
  const { priceListId, name } = command;
  if (name.trim() === '' || name.length > LONGEST_NAME)
    throw invalid('name', `must have 1 to ${LONGEST_NAME} characters`);
  for (const tier of TIERS) if (command.perSegment[tier] < 0n) throw invalid(tier, 'must not be negative');
  const perSegment: PriceListPublished['data']['perSegment'] = {
    tier_1: moneyString(command.perSegment.tier_1),
    tier_2: moneyString(command.perSegment.tier_2),
    tier_3: moneyString(command.perSegment.tier_3),
  };
  const networks = networkPrices(command.networks);
  if (state.kind === 'published' && isSame(state, { name, perSegment, networks })) return [];
  const version = state.kind === 'published' ? state.version + 1 : 1;
  return [{ type: 'PriceListPublished', data: { priceListId, version, name, perSegment, networks } }];
}

/** In a fixed order, so that the same prices are the same event. A network that no number is of would never be charged. */
function networkPrices(networks: PriceListCommand['networks']): NetworkPrices[] {
  return [...networks]
    .map(([network, prices]) => {
      if (!NETWORKS.has(network)) throw invalid('network', `must be one of ${[...NETWORKS.keys()].join(', ')}`);
      const perSegment: NetworkPrices['perSegment'] = {};
      for (const tier of TIERS) {
        const price = prices[tier];
        if (price === undefined) continue;
        if (price < 0n) throw invalid(tier, `must not be negative for ${network}`);
        perSegment[tier] = moneyString(price);
      }
      return { network, perSegment };
    })
    .filter(({ perSegment }) => Object.keys(perSegment).length > 0)
    .sort((a, b) => (a.network < b.network ? -1 : 1));
}

type Prices = Pick<PriceListPublished['data'], 'name' | 'perSegment'> & { readonly networks: readonly NetworkPrices[] };

const isSame = (a: Prices, b: Prices): boolean =>
  a.name === b.name &&
  TIERS.every((tier) => a.perSegment[tier] === b.perSegment[tier]) &&
  a.networks.length === b.networks.length &&
  a.networks.every(({ network, perSegment }, i) => {
    const other = b.networks[i];
    return other?.network === network && TIERS.every((tier) => perSegment[tier] === other.perSegment[tier]);
  });

const invalid = (field: string, message: string): DomainError =>
  new DomainError('validation_failed', `${field} ${message}`, [{ field, message }]);

const evolve = (_state: PriceListState, event: PriceListEvent): PriceListState => ({
  kind: 'published',
  ...event.data,
});

export const priceListDecider: Decider<PriceListState, PriceListCommand, PriceListEvent> = {
  initialState: unpublished,
  decide,
  evolve,
};
