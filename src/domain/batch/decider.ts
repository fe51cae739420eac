import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { AcceptedItem, BatchEvent, BatchItemsDecided, BatchStarted, RefusedItem } from './events';

export type ItemOutcome = AcceptedItem | RefusedItem;

/** What is known of a batch with an Idempotency-Key. */
export type BatchState =
  | { readonly status: 'none' }
  | {
      readonly status: 'started';
      readonly batchId: string;
      /** One an item; null where nothing was decided yet. */
      readonly outcomes: readonly (ItemOutcome | null)[];
      /** Items without an outcome. */
      readonly open: number;
    };

/** A batch came in, for the first time or again. */
export interface StartBatch {
  readonly type: 'StartBatch';
  readonly data: BatchStarted['data'];
}

/** What became of the items from `from` on. */
export interface RecordOutcomes {
  readonly type: 'RecordOutcomes';
  readonly data: { readonly from: number; readonly outcomes: readonly ItemOutcome[] };
}

export type BatchCommand = StartBatch | RecordOutcomes;

const NOTHING: readonly BatchEvent[] = [];

export const isAccepted = (outcome: ItemOutcome): outcome is AcceptedItem => 'messageId' in outcome;

/** A batch's own stream: what its second answer is made from. Its messages have streams of their own. */
export const batchDecider: Decider<BatchState, BatchCommand, BatchEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
};

/** @throws DomainError idempotency_key_reused, conflict (items of a batch that never started). */
function decide(command: BatchCommand, state: BatchState): readonly BatchEvent[] {
  switch (command.type) {
    case 'StartBatch':
      return start(command, state);
    case 'RecordOutcomes':
      return record(command, state);
    default:
      return assertNever(command);
  }
}

function start({ data }: StartBatch, state: BatchState): readonly BatchEvent[] {
  if (state.status === 'none') return [{ type: 'BatchStarted', data }];
  if (state.outcomes.length === data.size) return NOTHING;
  throw new DomainError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
}

/**
 * Two processes may run one batch at once. What one has recorded stands, unless the other has accepted what was refused:
 * a message that goes out must not be told as a refusal for ever.
 */
function record({ data }: RecordOutcomes, state: BatchState): readonly BatchEvent[] {
  if (state.status === 'none') throw new DomainError('conflict', 'this batch has not been started');
  const items: BatchItemsDecided['data']['items'] = [];
  for (const [offset, outcome] of data.outcomes.entries()) {
    const index = data.from + offset;
    const known = state.outcomes[index] ?? null;
    if (known === null || (isAccepted(outcome) && !isAccepted(known))) items.push({ index, ...outcome });
  }
  return items.length === 0 ? NOTHING : [{ type: 'BatchItemsDecided', data: { batchId: state.batchId, items } }];
}

function evolve(state: BatchState, event: BatchEvent): BatchState {
  if (event.type === 'BatchStarted') {
    if (state.status !== 'none') return state;
    const { batchId, size } = event.data;
    return { status: 'started', batchId, outcomes: Array.from({ length: size }, () => null), open: size };
  }
  if (state.status === 'none') return state;
  const outcomes = [...state.outcomes];
  let { open } = state;
  for (const { index, ...outcome } of event.data.items) {
    if (index >= outcomes.length) continue;
    if (outcomes[index] === null) open -= 1;
    outcomes[index] = outcome;
  }
  return { ...state, outcomes, open };
}
