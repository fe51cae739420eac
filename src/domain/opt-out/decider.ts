import { assertNever, type Decider } from '../shared/decider';
import type { OptOutCommand } from './commands';
import type { OptOutEvent } from './events';
import { none, type OptOutState } from './state';

/** Nobody is refused: to have opted out twice is to have opted out. */
function decide(command: OptOutCommand, state: OptOutState): readonly OptOutEvent[] {
  switch (command.type) {
    case 'OptOut':
      return state.kind === 'opted_out' ? [] : [{ type: 'RecipientOptedOut', data: command.data }];
    case 'OptIn': {
      if (state.kind !== 'opted_out') return [];
      const { optOutId, source } = command;
      return [{ type: 'RecipientOptedIn', data: { optOutId, source } }];
    }
    default:
      return assertNever(command);
  }
}

function evolve(state: OptOutState, event: OptOutEvent): OptOutState {
  switch (event.type) {
    case 'RecipientOptedOut':
      return { kind: 'opted_out', optOut: event.data };
    case 'RecipientOptedIn':
      return state.kind === 'none' ? state : { ...state, kind: 'opted_in' };
    default:
      return assertNever(event);
  }
}

export const optOutDecider: Decider<OptOutState, OptOutCommand, OptOutEvent> = { initialState: none, decide, evolve };
