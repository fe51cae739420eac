import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import { firstWords, isInboundNumber } from './address';
import type { AssignInboundNumber, DiscardParkedText, InboundCommand, ReleaseInboundNumber } from './commands';
import type { InboundEvent } from './events';
import { unassigned, type Assignment, type InboundState } from './state';

const NOTHING: readonly InboundEvent[] = [];
const LONGEST_KEYWORD = 20;
const MOST_KEYWORDS = 1_000;
const LONGEST_NOTE = 1_000;

/** @throws DomainError not_found, conflict, validation_failed */
function decide(command: InboundCommand, state: InboundState): readonly InboundEvent[] {
  switch (command.type) {
    case 'AssignInboundNumber':
      return assign(command, state);
    case 'ReleaseInboundNumber':
      return release(command, state);
    case 'DiscardParkedText':
      return discard(command, state);
    default:
      return assertNever(command);
  }
}

function assign(command: AssignInboundNumber, { assignments }: InboundState): readonly InboundEvent[] {
  const { number, customerId, mode } = command;
  if (!isInboundNumber(number)) throw invalid('number', 'must be a short code of 3 to 8 digits, or a number in E.164');
  const keyword = checkKeyword(command.keyword);
  const senders = [...new Set(command.senders)];
  const standing = assignments.find((one) => one.keyword === keyword);
  if (standing !== undefined && standing.customerId !== customerId) {
    throw new DomainError('conflict', 'It belongs to another customer, and must be released first.');
  }
  if (standing?.mode === mode && sameSet(standing.senders, senders)) return NOTHING;
  if (standing === undefined && assignments.length >= MOST_KEYWORDS) {
    throw new DomainError('conflict', `A number has at most ${MOST_KEYWORDS} keywords.`);
  }
  return [{ type: 'InboundNumberAssigned', data: { number, keyword, customerId, mode, senders } }];
}

function release(command: ReleaseInboundNumber, { assignments, released }: InboundState): readonly InboundEvent[] {
  const keyword = checkKeyword(command.keyword);
  const standing = assignments.find((one) => one.keyword === keyword);
  if (standing === undefined) {
    if (released.includes(keyword)) return NOTHING;
    throw new DomainError('not_found', 'Nobody has this number, or this keyword on it.');
  }
  const { customerId } = standing;
  if (customerId !== command.customerId) throw new DomainError('conflict', 'It belongs to another customer.');
  return [{ type: 'InboundNumberReleased', data: { number: command.number, keyword, customerId } }];
}

function discard({ number, textId, note }: DiscardParkedText, state: InboundState): readonly InboundEvent[] {
  if (note.trim() === '') throw invalid('note', 'must not be empty');
  if (note.length > LONGEST_NOTE) throw invalid('note', `must have at most ${LONGEST_NOTE} characters`);
  if (state.discarded.includes(textId)) return NOTHING;
  return [{ type: 'ParkedTextDiscarded', data: { number, textId, note } }];
}

/** As texts are compared with it. */
function checkKeyword(keyword: string | null): string | null {
  if (keyword === null) return null;
  const [word, ...more] = firstWords(keyword, 2);
  const whole = word !== undefined && more.length === 0 && word === keyword.trim().toUpperCase();
  if (!whole || word.length > LONGEST_KEYWORD) {
    throw invalid('keyword', `must be one word of at most ${LONGEST_KEYWORD} letters and digits`);
  }
  return word;
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

const invalid = (field: string, message: string): DomainError =>
  new DomainError('validation_failed', `${field} ${message}`, [{ field, message }]);

function evolve(state: InboundState, event: InboundEvent): InboundState {
  switch (event.type) {
    case 'InboundNumberAssigned': {
      const { keyword, customerId, mode, senders } = event.data;
      const assignment: Assignment = { keyword, customerId, mode, senders };
      const released = state.released.filter((one) => one !== keyword);
      return { ...state, assignments: [...without(state, keyword), assignment], released };
    }
    case 'InboundNumberReleased': {
      const { keyword } = event.data;
      return { ...state, assignments: without(state, keyword), released: [...state.released, keyword] };
    }
    case 'ParkedTextDiscarded':
      return { ...state, discarded: [...state.discarded, event.data.textId] };
    default:
      return assertNever(event);
  }
}

const without = ({ assignments }: InboundState, keyword: string | null): readonly Assignment[] =>
  assignments.filter((one) => one.keyword !== keyword);

/** A number's own stream: whose it is, and what was done away with of what came while it was nobody's. */
export const inboundDecider: Decider<InboundState, InboundCommand, InboundEvent> = {
  initialState: unassigned,
  decide,
  evolve,
};
