import { messageDecider } from '../../../src/domain/message/decider';
import { KENYAN_HOURS } from '../../../src/domain/message/hours';
import { isLive, isTerminal, ownerOf } from '../../../src/domain/message/state';
import { fold } from '../../../src/domain/shared/decider';
import { queued, received, testId } from '../../support/message-events';

const { decide } = messageDecider;
const command = { type: 'ReceiveMessage', data: received(1).data } as const;
const state = fold(messageDecider, decide(command, messageDecider.initialState));

describe('a message that came in', () => {
  it('is one event, and the same text again none', () => {
    expect(decide(command, messageDecider.initialState)).toEqual([received(1)]);
    expect(decide(command, state)).toEqual([]);
  });
  it('is final, the customer’s, and nothing that is sent', () => {
    expect([isTerminal(state), isLive(state)]).toEqual([true, false]);
    expect(ownerOf(state)).toMatchObject({ customerId: testId('cus', 1), mode: 'live' });
  });
  it('cannot be taken back or moved, and nothing can be sent under its id', () => {
    expect(() => decide({ type: 'CancelMessage' }, state)).toThrow(/received/);
    const move = { now: '2026-11-22T06:00:00.000Z', sendAt: '2026-11-23T06:00:00.000Z', hours: KENYAN_HOURS };
    expect(() => decide({ type: 'RescheduleMessage', data: move }, state)).toThrow(/received/);
    expect(() => decide({ type: 'QueueMessage', data: queued(1).data }, state)).toThrow(/came in/);
    expect(() => decide(command, fold(messageDecider, [queued(1)]))).toThrow(/goes out/);
  });
  it('is not changed by what would follow a message that goes out', () => {
    const at = '2026-11-24T06:00:00.000Z';
    expect(decide({ type: 'Expire', data: { at, moneyOnly: false } }, state)).toEqual([]);
    expect(decide({ type: 'CloseAtReportDeadline', data: { at } }, state)).toEqual([]);
    expect(fold(messageDecider, [queued(1)], state)).toBe(state);
  });
});
