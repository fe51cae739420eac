import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { BlockCommand, LiftBlock, PlaceBlock } from './commands';
import type { BlockEvent } from './events';
import { clear, type BlockState } from './state';

/** @throws DomainError validation_failed without a reason or a note. */
function decide(command: BlockCommand, state: BlockState): readonly BlockEvent[] {
  switch (command.type) {
    case 'PlaceBlock':
      return place(command, state);
    case 'LiftBlock':
      return lift(command, state);
    default:
      return assertNever(command);
  }
}

function place(command: PlaceBlock, state: BlockState): readonly BlockEvent[] {
  requireText('reason', command.reason);
  if (state.kind === 'blocked') return [];
  const { subject, kind, customerId, reason } = command;
  return [{ type: 'BlockPlaced', data: { subject, kind, customerId, reason } }];
}

function lift(command: LiftBlock, state: BlockState): readonly BlockEvent[] {
  requireText('note', command.note);
  if (state.kind === 'clear') return [];
  return [{ type: 'BlockLifted', data: { subject: command.subject, note: command.note } }];
}

function requireText(field: string, text: string): void {
  if (text.trim() !== '') return;
  const message = 'must not be empty';
  throw new DomainError('validation_failed', `${field} ${message}`, [{ field, message }]);
}

function evolve(state: BlockState, event: BlockEvent): BlockState {
  switch (event.type) {
    case 'BlockPlaced': {
      if (state.kind === 'blocked') return state;
      const { kind, customerId, reason } = event.data;
      return { kind: 'blocked', on: kind, customerId, reason };
    }
    case 'BlockLifted':
      return clear;
    default:
      return assertNever(event);
  }
}

export const blockDecider: Decider<BlockState, BlockCommand, BlockEvent> = { initialState: clear, decide, evolve };
