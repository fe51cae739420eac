import { checkErasureNote, subjectDecider } from '../../../src/domain/privacy/decider';
import { fold } from '../../../src/domain/shared/decider';

const command = { type: 'EraseSubject', subjectId: 'sub_1', customerId: 'cus_1', note: 'ticket 4711' } as const;

describe('erasing a subject', () => {
  it('is recorded once', () => {
    const events = subjectDecider.decide(command, subjectDecider.initialState);
    expect(events).toEqual([
      { type: 'SubjectErased', data: { subjectId: 'sub_1', customerId: 'cus_1', note: 'ticket 4711' } },
    ]);
    expect(subjectDecider.decide(command, fold(subjectDecider, events))).toEqual([]);
  });
  it.each(['', '  ', 'x'.repeat(1_001)])('wants a note of reasonable length, not %j', (note) => {
    expect(() => subjectDecider.decide({ ...command, note }, subjectDecider.initialState)).toThrow('validation_failed');
  });
  it.each(['for +254712345678', '0712 345 678 asked', 'no. 712-345-678', '(0)712345678'])(
    'refuses the number in %j',
    (note) => {
      expect(() => checkErasureNote(note, '+254712345678')).toThrow('must not hold the number');
    },
  );
  it.each(['ticket 4711', 'case 254712 of 22 November', ''])('takes %j', (note) => {
    expect(() => checkErasureNote(note, '+254712345678')).not.toThrow();
  });
});
