import type { ProviderCommand } from '../../../src/domain/routing/commands';
import { healthOf, providerDecider, type ProviderState } from '../../../src/domain/routing/decider';
import type { ProviderEvent } from '../../../src/domain/routing/events';
import { fold } from '../../../src/domain/shared/decider';

const until = '2026-11-22T09:30:00.125Z';
const of = (network: string | null) => ({ provider: 'p', tier: 'tier_1', network });
const degrade = (network: string | null): ProviderCommand => ({
  type: 'DegradeProvider',
  data: { ...of(network), cause: 'circuit', until, circuit: { failuresInRow: 5, lastCode: 'x' }, move: null },
});
const recover = (network: string | null, sharePercent: number): ProviderCommand => ({
  type: 'RecoverProvider',
  data: { ...of(network), sharePercent },
});

describe('a provider’s stream', () => {
  let state: ProviderState;
  const run = (command: ProviderCommand): readonly ProviderEvent[] => {
    const events = providerDecider.decide(command, state);
    state = fold({ ...providerDecider, initialState: state }, events);
    return events;
  };
  const statuses = () => [null, '63902', '63903'].map((network) => healthOf(state, network).status);
  beforeEach(() => {
    state = providerDecider.initialState;
  });

  it('keeps a network’s transitions apart from the provider’s, and from other networks’', () => {
    run(degrade('63903'));
    expect(statuses()).toEqual(['healthy', 'healthy', 'degraded']);
    run(degrade(null));
    run(recover('63903', 25));
    expect(statuses()).toEqual(['degraded', 'healthy', 'returning']);
    run(recover(null, 100));
    expect(statuses()).toEqual(['healthy', 'healthy', 'returning']);
    run(recover('63903', 100));
    expect(state).toEqual(providerDecider.initialState);
  });
  it.each([null, '63903'])('writes each transition of %s once', (network) => {
    expect(run(recover(network, 5))).toEqual([]);
    expect(run(degrade(network))).toHaveLength(1);
    expect(run(degrade(network))).toEqual([]);
    expect(run(recover(network, 25))).toMatchObject([{ data: { network, cause: 'circuit', sharePercent: 25 } }]);
    expect(run(recover(network, 5))).toEqual([]);
    expect(run(recover(network, 100))).toHaveLength(1);
    expect(run(recover(network, 100))).toEqual([]);
  });
});
