import { fold } from '../../../src/domain/shared/decider';
import { blockDecider } from '../../../src/domain/fraud/decider';
import type { BlockCommand } from '../../../src/domain/fraud/commands';
import type { BlockEvent } from '../../../src/domain/fraud/events';

const place: BlockCommand = {
  type: 'PlaceBlock',
  subject: 'sub_1',
  kind: 'recipient',
  customerId: 'cus_1',
  reason: 'complaint',
};
const lift: BlockCommand = { type: 'LiftBlock', subject: 'sub_1', note: 'complaint withdrawn' };
const placed: BlockEvent = {
  type: 'BlockPlaced',
  data: { subject: 'sub_1', kind: 'recipient', customerId: 'cus_1', reason: 'complaint' },
};
const lifted: BlockEvent = { type: 'BlockLifted', data: { subject: 'sub_1', note: 'complaint withdrawn' } };

const decide = (given: BlockEvent[], when: BlockCommand): readonly BlockEvent[] =>
  blockDecider.decide(when, fold(blockDecider, given));

describe('a block', () => {
  it('is placed', () => expect(decide([], place)).toEqual([placed]));
  it('is placed once', () => expect(decide([placed], place)).toEqual([]));
  it('is lifted', () => expect(decide([placed], lift)).toEqual([lifted]));
  it('is lifted once', () => expect(decide([placed, lifted], lift)).toEqual([]));
  it('that never was cannot be lifted', () => expect(decide([], lift)).toEqual([]));
  it('can be placed again', () => expect(decide([placed, lifted], place)).toEqual([placed]));
  it.each(['', '  '])('is never lifted without a note (%j)', (note) => {
    expect(() => decide([placed], { ...lift, note })).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
  it('is never placed without a reason', () => {
    expect(() => decide([], { ...place, reason: ' ' })).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
});
