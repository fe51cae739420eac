import type { Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { PrivacyCommand } from './commands';
import type { PrivacyEvent } from './events';

export type SubjectState = { readonly kind: 'kept' } | { readonly kind: 'erased' };

const LONGEST_NOTE = 1_000;
/** Of a number as people write it, whatever they put before it: the area code and what follows. */
const TELLING_DIGITS = 7;

/** @throws DomainError validation_failed without a note. Erased once is erased: the second time yields nothing. */
function decide({ subjectId, customerId, note }: PrivacyCommand, state: SubjectState): readonly PrivacyEvent[] {
  if (note.trim() === '') throw badNote('must not be empty');
  if (note.length > LONGEST_NOTE) throw badNote(`must have at most ${LONGEST_NOTE} characters`);
  if (state.kind === 'erased') return [];
  return [{ type: 'SubjectErased', data: { subjectId, customerId, note } }];
}

/**
 * The note outlives the person's data, so it must not hold the number, in whatever form.
 * @throws DomainError validation_failed
 */
export function checkErasureNote(note: string, e164: string): void {
  if (!note.replace(/\D/g, '').includes(e164.slice(-TELLING_DIGITS))) return;
  throw badNote('must not hold the number: it stays in the log for ever');
}

const badNote = (message: string): DomainError =>
  new DomainError('validation_failed', `note ${message}`, [{ field: 'note', message }]);

export const subjectDecider: Decider<SubjectState, PrivacyCommand, PrivacyEvent> = {
  initialState: { kind: 'kept' },
  decide,
  evolve: () => ({ kind: 'erased' }),
};
