import { TIERS } from '../routing/tiers';
import type { Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import { moneyString } from '../shared/money';
import type { PriceListCommand } from './commands';
import type { PriceListEvent, PriceListPublished } from './events';
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
  if (state.kind === 'published') {
    if (state.name === name && TIERS.every((tier) => state.perSegment[tier] === perSegment[tier])) return [];
    return [{ type: 'PriceListPublished', data: { priceListId, version: state.version + 1, name, perSegment } }];
  }
  return [{ type: 'PriceListPublished', data: { priceListId, version: 1, name, perSegment } }];
}

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
