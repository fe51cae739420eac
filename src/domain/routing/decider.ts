import { assertNever, type Decider } from '../shared/decider';
import type { Circuit } from './circuit';
import type { ProviderCommand } from './commands';
import type { DegradeCause, ProviderEvent } from './events';
import type { Score } from './score';

/** Of a provider, or of one network at it. */
export type Health =
  | { readonly status: 'healthy' }
  | {
      readonly status: 'degraded';
      readonly cause: DegradeCause;
      readonly until: string;
      readonly provenBy: Circuit['provenBy'];
    }
  | { readonly status: 'returning'; readonly cause: DegradeCause; readonly sharePercent: number };

/** The provider as a whole and, by MCC and MNC, the networks that are not healthy there by themselves. */
export type ProviderState = Health & { readonly networks: Readonly<Record<string, Health>> };

const HEALTHY: Health = { status: 'healthy' };

/** How a provider stands for one network by itself; null: as a whole. */
export const healthOf = (state: ProviderState, network: string | null): Health =>
  network === null ? state : (state.networks[network] ?? HEALTHY);

/** A provider's stream holds transitions only: several processes that see the same outage write one of them. */
export const providerDecider: Decider<ProviderState, ProviderCommand, ProviderEvent> = {
  initialState: { ...HEALTHY, networks: {} },
  decide: (command, state) => {
    const health = healthOf(state, command.data.network);
    switch (command.type) {
      case 'DegradeProvider':
        return health.status === 'degraded' ? [] : [{ type: 'ProviderDegraded', data: command.data }];
      case 'RecoverProvider': {
        if (health.status === 'healthy') return [];
        if (health.status === 'returning' && command.data.sharePercent <= health.sharePercent) return [];
        return [{ type: 'ProviderRecovered', data: { ...command.data, cause: health.cause } }];
      }
      default:
        return assertNever(command);
    }
  },
  evolve: (state, event) => {
    const { network } = event.data;
    const health = healthAfter(event);
    if (network === null) return { ...health, networks: state.networks };
    const { [network]: _before, ...others } = state.networks;
    return { ...state, networks: health.status === 'healthy' ? others : { ...others, [network]: health } };
  },
};

function healthAfter(event: ProviderEvent): Health {
  switch (event.type) {
    case 'ProviderDegraded': {
      const { cause, until, move } = event.data;
      return { status: 'degraded', cause, until, provenBy: move === null ? 'answer' : provenBy(move.outcome.score) };
    }
    case 'ProviderRecovered': {
      const { cause, sharePercent } = event.data;
      return sharePercent >= 100 ? HEALTHY : { status: 'returning', cause, sharePercent };
    }
    default:
      return assertNever(event);
  }
}

/** What a provider with this score lacks most, and therefore has to show on its way back. */
export function provenBy({ components }: Score): Circuit['provenBy'] {
  const worst = components.reduce((low, one) => Math.min(low, one.points), 100);
  return components.some(({ name, points }) => name === 'delivery' && points === worst) ? 'report' : 'answer';
}
