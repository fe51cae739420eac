import type { Decider } from '../shared/decider';
import type { ProviderCommand } from './commands';
import type { ProviderEvent } from './events';

export type ProviderState = { readonly status: 'healthy' } | { readonly status: 'degraded' };

/** A provider's stream holds transitions only: several processes that see the same outage write one of them. */
export const providerDecider: Decider<ProviderState, ProviderCommand, ProviderEvent> = {
  initialState: { status: 'healthy' },
  decide: (command, state) => {
    if (command.type === 'DegradeProvider') {
      return state.status === 'degraded' ? [] : [{ type: 'ProviderDegraded', data: command.data }];
    }
    return state.status === 'healthy' ? [] : [{ type: 'ProviderRecovered', data: command.data }];
  },
  evolve: (_state, event) => ({ status: event.type === 'ProviderDegraded' ? 'degraded' : 'healthy' }),
};
