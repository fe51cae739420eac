import { CreateReq, ReadReq } from '@eventstore/db-client/generated/persistent_pb';
import {
  ackRequest,
  createGroupRequest,
  joinGroupRequest,
  nackRequest,
} from '../../../src/infrastructure/event-store/wire/persistent-request';

const ids = ['6ba7b810-9dad-41d1-80b4-00c04fd430c8', '6ba7b811-9dad-41d1-80b4-00c04fd430c8'];

describe('what a worker says to its group', () => {
  it('acknowledges several events at once', () => {
    const ack = ReadReq.deserializeBinary(ackRequest(ids)).getAck();
    expect(ack?.getIdsList().map((id) => id.getString())).toEqual(ids);
  });

  it.each([
    ['retry' as const, ReadReq.Nack.Action.RETRY],
    ['park' as const, ReadReq.Nack.Action.PARK],
  ])('gives an event back to %s, with a reason', (action, code) => {
    const nack = ReadReq.deserializeBinary(nackRequest(ids, action, 'haïku')).getNack();
    expect(nack?.getIdsList().map((id) => id.getString())).toEqual(ids);
    expect(nack?.getAction()).toBe(code);
    expect(nack?.getReason()).toBe('haïku');
  });

  it('joins with a buffer, and ids as text', () => {
    const options = ReadReq.deserializeBinary(joinGroupRequest('dispatcher-v1', 400)).getOptions();
    expect(options?.hasAll()).toBe(true);
    expect(options?.getGroupName()).toBe('dispatcher-v1');
    expect(options?.getBufferSize()).toBe(400);
    expect(options?.getUuidOption()?.hasString()).toBe(true);
  });

  it('makes a group from the start of the log, filtered, with a time-out of a minute', () => {
    const options = CreateReq.deserializeBinary(createGroupRequest('dispatcher-v1', ['message-', 'otp-'])).getOptions();
    expect(options?.getAll()?.hasStart()).toBe(true);
    expect(options?.getAll()?.getFilter()?.getStreamIdentifier()?.getPrefixList()).toEqual(['message-', 'otp-']);
    expect(options?.getSettings()?.getMessageTimeoutMs()).toBe(60_000);
    expect(options?.getSettings()?.getConsumerStrategy()).toBe('RoundRobin');
  });
});
