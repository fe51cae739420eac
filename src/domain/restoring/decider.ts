import type { Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { RestoringCommand } from './commands';
import type { RestoringEvent } from './events';

/** The newest acceptance; null: the log was never accepted with a loss. */
export interface AcceptedState {
  readonly acceptanceId: string | null;
}

const LONGEST_NOTE = 1_000;

/** @throws DomainError validation_failed without a note. The same loss accepted again yields nothing. */
function decide(command: RestoringCommand, state: AcceptedState): readonly RestoringEvent[] {
  checkAcceptanceNote(command.note);
  const { acceptanceId, note, found, lostEvents } = command;
  if (state.acceptanceId === acceptanceId) return [];
  return [{ type: 'LogAccepted', data: { acceptanceId, note: note.trim(), found, lostEvents } }];
}

/** @throws DomainError validation_failed */
export function checkAcceptanceNote(note: string): void {
  if (note.trim() === '') throw badNote('must not be empty');
  if (note.length > LONGEST_NOTE) throw badNote(`must have at most ${LONGEST_NOTE} characters`);
}

const badNote = (message: string): DomainError =>
  new DomainError('validation_failed', `note ${message}`, [{ field: 'note', message }]);

export const acceptedLogDecider: Decider<AcceptedState, RestoringCommand, RestoringEvent> = {
  initialState: { acceptanceId: null },
  decide,
  evolve: (_state, { data }) => ({ acceptanceId: data.acceptanceId }),
};
