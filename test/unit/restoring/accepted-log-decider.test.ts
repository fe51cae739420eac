import { acceptedLogDecider } from '../../../src/domain/restoring/decider';
import { fold } from '../../../src/domain/shared/decider';
import type { AcceptLog } from '../../../src/domain/restoring/commands';
import { DomainError } from '../../../src/domain/shared/domain-error';

const command: AcceptLog = {
  type: 'AcceptLog',
  acceptanceId: '7b0c2d1e-5a4f-5c3b-9d2e-1f0a9b8c7d6e',
  note: ' the disk was lost ',
  found: 'event x is not in the log any more',
  lostEvents: 12,
};
const { decide, initialState } = acceptedLogDecider;

describe('a log accepted as it is', () => {
  it('is in the log, with who lost what and why', () => {
    const { acceptanceId, found, lostEvents } = command;
    expect(decide(command, initialState)).toEqual([
      { type: 'LogAccepted', data: { acceptanceId, note: 'the disk was lost', found, lostEvents } },
    ]);
  });

  it('is accepted once for one loss, and again for another', () => {
    const state = fold(acceptedLogDecider, decide(command, initialState));
    expect(decide(command, state)).toEqual([]);
    expect(decide({ ...command, acceptanceId: 'another' }, state)).toHaveLength(1);
  });

  it.each(['', '  \n', 'x'.repeat(1_001)])('is not accepted with the note %j', (note) => {
    expect(() => decide({ ...command, note }, initialState)).toThrow(DomainError);
  });
});
