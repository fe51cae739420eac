/**
 * A stream's behaviour as three pure things. `decide` is the only place that may refuse (it throws a DomainError);
 * the same command again yields no events. `evolve` is total and never throws, and leaves the state it was given as it was.
 */
export interface Decider<State, Command, Event> {
  readonly initialState: State;
  decide(command: Command, state: State): readonly Event[];
  evolve(state: State, event: Event): State;
}

export function fold<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  events: Iterable<Event>,
  from: State = decider.initialState,
): State {
  let state = from;
  for (const event of events) state = decider.evolve(state, event);
  return state;
}

/** Fails the build when a switch forgets a case, and the process if one comes all the same. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
