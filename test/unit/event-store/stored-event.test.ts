import { Empty, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { ReadResp as PersistentResp } from '@eventstore/db-client/generated/persistent_pb';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';
import {
  decodePersistentReadResponse,
  decodeReadResponse,
} from '../../../src/infrastructure/event-store/wire/stored-event';

const id = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const data = Buffer.from('{"body":"habari 😀"}');
const metadata = Buffer.from('{"schema":1}');

function recorded(): ReadResp.ReadEvent.RecordedEvent {
  const event = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(id))
    .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from('message-ñ')))
    .setStreamRevision('0')
    .setPreparePosition('18446744073709551614')
    .setCommitPosition('18446744073709551615')
    .setData(data)
    .setCustomMetadata(metadata);
  event.getMetadataMap().set('type', 'MessageQueued');
  event.getMetadataMap().set('content-type', 'application/json');
  // 2026-11-22T09:30:00.125Z and 999.9 microseconds, in units of 100 nanoseconds.
  event.getMetadataMap().set('created', `${Date.UTC(2026, 10, 22, 9, 30, 0, 125)}9999`);
  return event;
}

const bytesOf = (message: { serializeBinary(): Uint8Array }): Buffer => Buffer.from(message.serializeBinary());

describe('an event as the store sends it', () => {
  const bytes = bytesOf(
    new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded()).setCommitPosition('18446744073709551615')),
  );

  it('is read in full, in 64 bits', () => {
    const response = decodeReadResponse(bytes);
    if (response.kind !== 'event') throw new Error('not an event');
    expect(response.event).toMatchObject({
      id,
      stream: 'message-ñ',
      revision: 0n,
      type: 'MessageQueued',
      created: '2026-11-22T09:30:00.125Z',
      position: { commit: 18_446_744_073_709_551_615n, prepare: 18_446_744_073_709_551_614n },
    });
    expect(response.event.data.toString()).toBe(data.toString());
    expect(response.event.metadata.toString()).toBe(metadata.toString());
  });

  it('is not copied', () => {
    const response = decodeReadResponse(bytes);
    if (response.kind !== 'event') throw new Error('not an event');
    expect(response.event.data.buffer).toBe(bytes.buffer);
  });

  it('knows every other message of a subscription', () => {
    const position = new ReadResp.Checkpoint().setCommitPosition('300').setPreparePosition('299');
    expect(decodeReadResponse(bytesOf(new ReadResp().setCheckpoint(position)))).toEqual({
      kind: 'checkpoint',
      position: { commit: 300n, prepare: 299n },
    });
    expect(decodeReadResponse(bytesOf(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()))).kind).toBe('caught_up');
    expect(decodeReadResponse(bytesOf(new ReadResp().setFellBehind(new ReadResp.FellBehind()))).kind).toBe(
      'fell_behind',
    );
    expect(decodeReadResponse(bytesOf(new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound()))).kind).toBe(
      'stream_not_found',
    );
    const confirmation = new ReadResp.SubscriptionConfirmation().setSubscriptionId(id);
    expect(decodeReadResponse(bytesOf(new ReadResp().setConfirmation(confirmation))).kind).toBe('confirmation');
    expect(decodeReadResponse(bytesOf(new ReadResp().setLastStreamPosition('4'))).kind).toBe('other');
  });

  it('carries the number of retries from a group', () => {
    const event = PersistentResp.ReadEvent.RecordedEvent.deserializeBinary(recorded().serializeBinary());
    const retried = new PersistentResp.ReadEvent().setEvent(event).setRetryCount(3).setCommitPosition('1');
    const first = new PersistentResp.ReadEvent().setEvent(event).setNoRetryCount(new Empty()).setCommitPosition('1');
    expect(decodePersistentReadResponse(bytesOf(new PersistentResp().setEvent(retried)))).toMatchObject({
      retryCount: 3,
    });
    expect(decodePersistentReadResponse(bytesOf(new PersistentResp().setEvent(first)))).toMatchObject({
      retryCount: 0,
      event: { id },
    });
  });

  it('refuses an event that says neither which nor where', () => {
    const event = new ReadResp.ReadEvent().setEvent(new ReadResp.ReadEvent.RecordedEvent().setStreamRevision('1'));
    expect(() => decodeReadResponse(bytesOf(new ReadResp().setEvent(event)))).toThrow('malformed message');
  });
});
