import type { OptOutCommand } from '../../../src/domain/opt-out/commands';
import { optOutDecider } from '../../../src/domain/opt-out/decider';
import type { OptOutEvent, RecipientOptedOut } from '../../../src/domain/opt-out/events';
import { fold } from '../../../src/domain/shared/decider';

const data: RecipientOptedOut['data'] = {
  optOutId: 'opt_1',
  customerId: 'cus_1',
  mode: 'live',
  subjectId: 'sub_1',
  phone: { kid: 'sub_1', iv: '', ct: '', tag: '' },
  sender: 'ACME',
  source: 'keyword',
};
const optOut: OptOutCommand = { type: 'OptOut', data };
const optIn: OptOutCommand = { type: 'OptIn', optOutId: 'opt_1', source: 'api' };
const optedOut: OptOutEvent = { type: 'RecipientOptedOut', data };
const optedIn: OptOutEvent = { type: 'RecipientOptedIn', data: { optOutId: 'opt_1', source: 'api' } };

const decide = (given: OptOutEvent[], when: OptOutCommand): readonly OptOutEvent[] =>
  optOutDecider.decide(when, fold(optOutDecider, given));

describe('an opt-out', () => {
  it('is recorded', () => expect(decide([], optOut)).toEqual([optedOut]));
  it('is recorded once', () => expect(decide([optedOut], optOut)).toEqual([]));
  it('is once, whoever says it again', () =>
    expect(decide([optedOut], { type: 'OptOut', data: { ...data, source: 'provider' } })).toEqual([]));
  it('is withdrawn', () => expect(decide([optedOut], optIn)).toEqual([optedIn]));
  it('is withdrawn once', () => expect(decide([optedOut, optedIn], optIn)).toEqual([]));
  it('that never was cannot be withdrawn', () => expect(decide([], optIn)).toEqual([]));
  it('can be recorded again', () => expect(decide([optedOut, optedIn], optOut)).toEqual([optedOut]));
  it('is nothing where an opt-in stands alone', () =>
    expect(fold(optOutDecider, [optedIn])).toEqual(optOutDecider.initialState));
});
