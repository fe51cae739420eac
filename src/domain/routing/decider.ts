import { assertNever, type Decider } from '../shared/decider';
import type { Circuit } from './circuit';
import type { ProviderCommand } from './commands';
import type { DegradeCause, ProviderEvent } from './events';
import type { Score } from './score';

export type ProviderState =
  | { readonly status: 'healthy' }
  | {
      readonly status: 'degraded';
      readonly cause: DegradeCause;
      readonly until: string;
      readonly provenBy: Circuit['provenBy'];
    }
  | { readonly status: 'returning'; readonly cause: DegradeCause; readonly sharePercent: number };

/** A provider's stream holds transitions only: several processes that see the same outage write one of them. */
export const providerDecider: Decider<ProviderState, ProviderCommand, ProviderEvent> = {
  initialState: { status: 'healthy' },
  decide: (command, state) => {
    switch (command.type) {
      case 'DegradeProvider':
        return state.status === 'degraded' ? [] : [{ type: 'ProviderDegraded', data: command.data }];
      case 'RecoverProvider': {
        if (state.status === 'healthy') return [];
        if (state.status === 'returning' && command.data.sharePercent <= state.sharePercent) return [];
        return [{ type: 'ProviderRecovered', data: { ...command.data, cause: state.cause } }];
      }
      default:
        return assertNever(command);
    }
  },
  evolve: (_state, event) => {
    switch (event.type) {
      case 'ProviderDegraded':
        return {
          ...{ status: 'degraded', cause: event.data.cause, until: event.data.until },
          provenBy: event.data.move === null ? 'answer' : provenBy(event.data.move.outcome.score),
        };
      case 'ProviderRecovered': {
        const { cause, sharePercent } = event.data;
        return sharePercent >= 100 ? { status: 'healthy' } : { status: 'returning', cause, sharePercent };
      }
      default:
        return assertNever(event);
    }
  },
};

/** What a provider with this score lacks most, and therefore has to show on its way back. */
export function provenBy({ components }: Score): Circuit['provenBy'] {
  const worst = components.reduce((low, one) => Math.min(low, one.points), 100);
  return components.some(({ name, points }) => name === 'delivery' && points === worst) ? 'report' : 'answer';
}
