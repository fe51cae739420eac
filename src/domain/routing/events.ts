/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent } from '../shared/event';

/** Transitions only, never samples. Scores come with Routing; until then a circuit that opens or closes. */
export type ProviderDegraded = DomainEvent<
  'ProviderDegraded',
  { provider: string; tier: string; cause: 'circuit'; failuresInRow: number; lastCode: string; until: string }
>;
export type ProviderRecovered = DomainEvent<'ProviderRecovered', { provider: string; tier: string; cause: 'circuit' }>;
export type ProviderEvent = ProviderDegraded | ProviderRecovered;
