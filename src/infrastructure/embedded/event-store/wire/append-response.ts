import { position, streamIdentifier } from './common-messages';
import { frameMessage } from './grpc-frames';
import { ProtobufWriter } from './protobuf-writer';
import { stringUuid, structuredUuid } from './uuid';
import { NO_REVISION, positionOf } from '../storage/revision';
import { EXPECT_ANY, EXPECT_NO_STREAM, EXPECT_STREAM_EXISTS } from '../streams/expected-revision';

/** A batch append that is to be answered. */
export interface BatchKey {
  readonly correlationId: string;
  readonly stream: string;
}

/** Codes and names as the real server gives them: gRPC's, in `google.rpc.Status`. */
const CONFLICT = { code: 6, name: 'WrongExpectedVersion' };
const DELETED = { code: 5, name: 'StreamDeleted' };
const TOO_LARGE = { code: 3, name: 'MaximumAppendSizeExceeded' };
const BAD_REQUEST = { code: 3, name: 'BadRequest' };
const TIMEOUT = { code: 4, name: 'Timeout' };

type Fill = (details: ProtobufWriter) => void;

/** A `BatchAppendResp` of success, framed. `last`: the stream's revision, or NO_REVISION; `sequence`: number of the event. */
export function batchSuccess(key: BatchKey, last: number, sequence: number): Buffer {
  return batchAnswer(stringUuid(key.correlationId), key.stream, (writer) =>
    writer.message(3, (success) => {
      if (last === NO_REVISION) success.message(2);
      else success.uint(1, last);
      success.message(3, position(positionOf(sequence)));
    }),
  );
}

export function batchConflict(key: BatchKey, expected: number, last: number): Buffer {
  return batchError(key, CONFLICT, (details) => {
    if (last === NO_REVISION) details.message(2);
    else details.uint(1, last);
    if (expected === EXPECT_ANY) details.message(4);
    else if (expected === EXPECT_STREAM_EXISTS) details.message(5);
    else if (expected === EXPECT_NO_STREAM) details.message(6);
    else details.uint(3, expected);
  });
}

export const batchDeleted = (key: BatchKey): Buffer =>
  batchError(key, DELETED, (details) => details.message(1, streamIdentifier(key.stream)));

export const batchTooLarge = (key: BatchKey, maximumBytes: number): Buffer =>
  batchError(key, TOO_LARGE, (details) => details.uint(1, maximumBytes));

export const batchBadRequest = (key: BatchKey, message: string): Buffer =>
  batchError(key, BAD_REQUEST, (details) => details.string(1, message));

/** A time-out; the real server gives the correlation id as two int64 here, and nowhere else. */
export const batchTimeout = (key: BatchKey): Buffer =>
  batchAnswer(structuredUuid(key.correlationId), key.stream, (writer) =>
    writer.message(
      2,
      status(TIMEOUT, () => undefined),
    ),
  );

function batchError(key: BatchKey, error: { code: number; name: string }, fill: Fill): Buffer {
  return batchAnswer(stringUuid(key.correlationId), key.stream, (writer) => writer.message(2, status(error, fill)));
}

/** A `google.rpc.Status` with its details in an `Any`. */
const status =
  ({ code, name }: { code: number; name: string }, fill: Fill): Fill =>
  (writer) => {
    const details = new ProtobufWriter();
    fill(details);
    writer.uint(1, code).string(2, name);
    writer.message(3, (any) =>
      any.string(1, `type.googleapis.com/event_store.client.${name}`).bytes(2, details.finish()),
    );
  };

function batchAnswer(correlationId: Buffer, stream: string, fill: Fill): Buffer {
  const writer = new ProtobufWriter().bytes(1, correlationId);
  fill(writer);
  return frameMessage(writer.message(4, streamIdentifier(stream)).finish());
}

/** An `AppendResp` of success. */
export function appendSuccess(last: number, sequence: number): Buffer {
  return new ProtobufWriter()
    .message(1, (success) => {
      if (last === NO_REVISION) success.message(2);
      else success.uint(1, last);
      success.message(3, position(positionOf(sequence)));
    })
    .finish();
}

/** An `AppendResp` of a conflict, in the fields of today and in those of versions before 21.2. */
export function appendConflict(expected: number, last: number): Buffer {
  return new ProtobufWriter()
    .message(2, (conflict) => {
      if (last === NO_REVISION) conflict.message(2);
      else conflict.uint(1, last);
      if (expected === EXPECT_ANY) conflict.message(4);
      else if (expected === EXPECT_STREAM_EXISTS) conflict.message(5);
      else conflict.int64(3, BigInt(expected));
      if (last === NO_REVISION) conflict.message(7);
      else conflict.uint(6, last);
      if (expected === EXPECT_ANY) conflict.message(9);
      else if (expected === EXPECT_STREAM_EXISTS) conflict.message(10);
      else if (expected === EXPECT_NO_STREAM) conflict.message(11);
      else conflict.uint(8, expected);
    })
    .finish();
}

/** A `DeleteResp` or `TombstoneResp`. */
export const deleteSuccess = (sequence: number): Buffer =>
  new ProtobufWriter().message(1, position(positionOf(sequence))).finish();
