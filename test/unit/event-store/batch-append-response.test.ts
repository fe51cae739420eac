import {
  AccessDenied,
  AllStreamPosition,
  MaximumAppendSizeExceeded,
  StreamDeleted,
  StreamIdentifier,
  Timeout,
  UUID,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { decodeBatchAppendResponse } from '../../../src/infrastructure/event-store/wire/batch-append-response';

const id = 'c0ffee00-1234-4abc-8def-0123456789ab';
const asText = new UUID().setString(id);
/** The halves of `id` as signed 64-bit numbers: how the real server writes them in a time-out. */
const asHalves = new UUID().setStructured(
  new UUID.Structured()
    .setMostSignificantBits(BigInt.asIntN(64, 0xc0ffee0012344abcn).toString())
    .setLeastSignificantBits(BigInt.asIntN(64, 0x8def0123456789abn).toString()),
);

const bytesOf = (response: BatchAppendResp): Buffer =>
  Buffer.from(
    response
      .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from('message-1')))
      .setNoStream(new Empty())
      .serializeBinary(),
  );

function failure(name: string, details: { serializeBinary(): Uint8Array }, uuid = asText): Buffer {
  const any = new Any();
  any.setTypeUrl(`type.googleapis.com/event_store.client.${name}`);
  any.setValue(details.serializeBinary());
  return bytesOf(
    new BatchAppendResp().setCorrelationId(uuid).setError(new Status().setCode(6).setMessage(name).setDetails(any)),
  );
}

describe('an answer to an append', () => {
  it('gives the revision', () => {
    const success = new BatchAppendResp.Success()
      .setCurrentRevision('9007199254740993')
      .setPosition(new AllStreamPosition().setCommitPosition('18446744073709551615').setPreparePosition('7'));
    expect(
      decodeBatchAppendResponse(bytesOf(new BatchAppendResp().setCorrelationId(asText).setSuccess(success))),
    ).toEqual({ correlationId: id, answer: { kind: 'written', revision: 9_007_199_254_740_993n } });
  });

  it('gives revision 0, which the generated classes write out', () => {
    const success = new BatchAppendResp.Success().setCurrentRevision('0');
    const bytes = bytesOf(new BatchAppendResp().setCorrelationId(asText).setSuccess(success));
    expect(decodeBatchAppendResponse(bytes).answer).toEqual({ kind: 'written', revision: 0n });
  });

  it('gives the actual revision of a conflict', () => {
    const details = new WrongExpectedVersion().setCurrentStreamRevision('12').setExpectedStreamPosition('9');
    expect(decodeBatchAppendResponse(failure('WrongExpectedVersion', details)).answer).toEqual({
      kind: 'wrong_revision',
      actual: 12n,
    });
  });

  it('tells a conflict on a missing stream from one at revision 0', () => {
    const missing = new WrongExpectedVersion().setCurrentNoStream(new Empty()).setExpectedStreamPosition('5');
    const first = new WrongExpectedVersion().setCurrentStreamRevision('0').setExpectedNoStream(new Empty());
    expect(decodeBatchAppendResponse(failure('WrongExpectedVersion', missing)).answer).toEqual({
      kind: 'wrong_revision',
      actual: 'no_stream',
    });
    expect(decodeBatchAppendResponse(failure('WrongExpectedVersion', first)).answer).toEqual({
      kind: 'wrong_revision',
      actual: 0n,
    });
  });

  it.each([
    ['StreamDeleted', new StreamDeleted(), 'stream_deleted'],
    ['MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(1_048_576), 'too_large'],
    ['AccessDenied', new AccessDenied(), 'access_denied'],
  ])('knows %s', (name, details, kind) => {
    expect(decodeBatchAppendResponse(failure(name, details)).answer.kind).toBe(kind);
  });

  it('takes every other failure as an unknown outcome, and its id in two halves', () => {
    expect(decodeBatchAppendResponse(failure('Timeout', new Timeout(), asHalves))).toEqual({
      correlationId: id,
      answer: { kind: 'unknown', detail: 'Timeout' },
    });
    const notReady = new BatchAppendResp()
      .setCorrelationId(asText)
      .setError(new Status().setCode(14).setMessage('Server Is Not Ready'));
    expect(decodeBatchAppendResponse(bytesOf(notReady)).answer).toEqual({
      kind: 'unknown',
      detail: 'Server Is Not Ready',
    });
  });

  it('refuses bytes that are cut off', () => {
    const bytes = failure('Timeout', new Timeout());
    expect(() => decodeBatchAppendResponse(bytes.subarray(0, 20))).toThrow('malformed message');
  });
});
