import type { Decider } from '../../domain/shared/decider';
import { fold } from '../../domain/shared/decider';
import type { DomainEvent } from '../../domain/shared/event';
import { WrongExpectedRevision, type EventStore, type ExpectedRevision } from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import type { CommandContext } from '../ports/wallets';
import { newEvents } from './new-events';

/** Times that a command is decided anew because someone else wrote first; then the conflict is the caller's. */
const ATTEMPTS = 5;

/** A stream as it was after `revision`; no_stream: before its first event. */
export interface StreamState<State> {
  readonly state: State;
  readonly revision: ExpectedRevision;
}

export interface Decided<State, Event> extends StreamState<State> {
  /** What the command led to; empty where it had been carried out before. */
  readonly events: readonly Event[];
}

export interface DeciderRun<State, Command, Event extends DomainEvent> {
  readonly decider: Decider<State, Command, Event>;
  readonly stream: string;
  readonly command: Command;
  readonly context: CommandContext;
  /** What the caller knows of the stream: then it is read only after a conflict, and only what is new. */
  readonly known?: StreamState<State>;
}

/**
 * Read, decide, append at the exact revision, and again from the reading where someone else wrote first. The event ids are
 * derived from the command id, so that the same append sent twice is one.
 * @returns the stream's state with what was appended.
 * @throws DomainError where the decider refuses; WrongExpectedRevision after five conflicts; StoreUnavailable, StreamDeleted.
 */
export async function runDecider<State, Command, Event extends DomainEvent>(
  store: EventStore,
  ids: IdSource,
  run: DeciderRun<State, Command, Event>,
): Promise<Decided<State, Event>> {
  const { decider, stream, command, context } = run;
  const initial: StreamState<State> = { state: decider.initialState, revision: 'no_stream' };
  let before = run.known ?? (await readOn(store, decider, stream, initial));
  for (let attempt = 1; ; attempt++) {
    const events = decider.decide(command, before.state);
    if (events.length === 0) return { ...before, events };
    try {
      const revision = await store.append(stream, before.revision, newEvents(ids, context, events), {
        deadlineMs: context.timeoutMs,
      });
      return { state: fold(decider, events, before.state), revision, events };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision) || attempt >= ATTEMPTS) throw error;
      before = await readOn(store, decider, stream, before);
    }
  }
}

/** What is new on the stream since `known`, folded onto it. */
export async function readOn<State, Command, Event extends DomainEvent>(
  store: EventStore,
  decider: Decider<State, Command, Event>,
  stream: string,
  known: StreamState<State>,
): Promise<StreamState<State>> {
  const from = known.revision === 'no_stream' ? 0n : known.revision + 1n;
  const recorded = await store.readStream<Event>(stream, from);
  const last = recorded.at(-1);
  if (last === undefined) return known;
  let state = known.state;
  for (const { type, data } of recorded) state = decider.evolve(state, asEvent<Event>(type, data));
  return { state, revision: last.revision };
}

/** The codec has checked that the payload is that of its type. */
const asEvent = <Event extends DomainEvent>(type: Event['type'], data: Event['data']): Event =>
  ({ type, data }) as Event;
