import { batchDecider, type BatchCommand, type BatchState, type ItemOutcome } from '../../../src/domain/batch/decider';
import type { BatchEvent } from '../../../src/domain/batch/events';
import { fold } from '../../../src/domain/shared/decider';

const batchId = 'bat_00000000000000000000000001';
const start = (size: number): BatchCommand => ({
  type: 'StartBatch',
  data: { batchId, customerId: 'cus_00000000000000000000000001', mode: 'live', size },
});
const record = (from: number, ...outcomes: ItemOutcome[]): BatchCommand => ({
  type: 'RecordOutcomes',
  data: { from, outcomes },
});
const accepted = (n: number): ItemOutcome => ({
  messageId: `msg_${n}`,
  tier: 'tier_1',
  amount: '8000',
  replayed: false,
});
const refused: ItemOutcome = { code: 'insufficient_funds', detail: 'too little', fields: [] };

/** The state after commands, each of which is then repeated to no effect. */
function after(...commands: BatchCommand[]): { state: BatchState; events: readonly BatchEvent[] } {
  let state = batchDecider.initialState;
  const events: BatchEvent[] = [];
  for (const command of commands) {
    const news = batchDecider.decide(command, state);
    events.push(...news);
    state = fold(batchDecider, news, state);
    expect(batchDecider.decide(command, state)).toEqual([]);
  }
  return { state, events };
}

const outcomes = ({ state }: { state: BatchState }): unknown => (state.status === 'none' ? [] : state.outcomes);

describe('a batch', () => {
  it('starts with nothing decided, and ends when each item has its outcome', () => {
    expect(after(start(3)).state).toMatchObject({ outcomes: [null, null, null], open: 3 });
    expect(after(start(3), record(0, accepted(0), refused)).state).toMatchObject({ open: 1 });
    const whole = after(start(3), record(0, accepted(0), refused), record(2, accepted(2)));
    expect(whole.state).toMatchObject({ open: 0, outcomes: [accepted(0), refused, accepted(2)] });
    expect(fold(batchDecider, whole.events)).toEqual(whole.state);
  });

  it('is refused under its key in another size', () => {
    const { state } = after(start(3));
    expect(() => batchDecider.decide(start(4), state)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_reused' }),
    );
  });

  it('keeps what was recorded first, and says only what is new', () => {
    const { state } = after(start(3), record(0, refused, accepted(1)));
    const richer: ItemOutcome = { ...accepted(1), amount: '9000' };
    const [event] = batchDecider.decide(record(0, refused, richer, accepted(2)), state);
    expect(event).toEqual({ type: 'BatchItemsDecided', data: { batchId, items: [{ index: 2, ...accepted(2) }] } });
  });

  it('believes an acceptance before a refusal, whoever recorded first', () => {
    expect(outcomes(after(start(1), record(0, refused), record(0, accepted(0))))).toEqual([accepted(0)]);
    const { state } = after(start(1), record(0, accepted(0)));
    expect(batchDecider.decide(record(0, refused), state)).toEqual([]);
  });

  it('takes no outcome before its start, and folds anything', () => {
    const nothing = batchDecider.initialState;
    expect(() => batchDecider.decide(record(0, refused), nothing)).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    const event: BatchEvent = { type: 'BatchItemsDecided', data: { batchId, items: [{ index: 7, ...refused }] } };
    expect(batchDecider.evolve(nothing, event)).toBe(nothing);
    expect(batchDecider.evolve(after(start(2)).state, event)).toMatchObject({ outcomes: [null, null], open: 2 });
  });
});
