import { ProtobufReader } from './protobuf-reader';
import { readUuid } from './uuid';

/** What the server said about one append. */
export type AppendAnswer =
  | { readonly kind: 'written'; readonly revision: bigint }
  | { readonly kind: 'wrong_revision'; readonly actual: bigint | 'no_stream' }
  | { readonly kind: 'stream_deleted' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'access_denied' }
  /** Anything else, a time-out in the server and "not ready" included: it may have been written. */
  | { readonly kind: 'unknown'; readonly detail: string };

export interface BatchAppendResponse {
  readonly correlationId: string;
  readonly answer: AppendAnswer;
}

const TYPE_PREFIX = 'event_store.client.';

/** One `BatchAppendResp` (streams.proto). */
export function decodeBatchAppendResponse(bytes: Buffer): BatchAppendResponse {
  const reader = new ProtobufReader(bytes);
  let correlationId = '';
  let answer: AppendAnswer = { kind: 'unknown', detail: 'an answer without a result' };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x0a) correlationId = readUuid(reader.message());
    else if (tag === 0x12) answer = readFailure(reader.message());
    else if (tag === 0x1a) answer = { kind: 'written', revision: readRevision(reader.message()) };
    else reader.skip(tag);
  }
  return { correlationId, answer };
}

function readRevision(success: ProtobufReader): bigint {
  let revision = 0n;
  while (!success.done) {
    const tag = success.tag();
    if (tag === 0x08) revision = success.uint64();
    else success.skip(tag);
  }
  return revision;
}

/** A google.rpc.Status, whose details name the kind of failure. */
function readFailure(status: ProtobufReader): AppendAnswer {
  let message = '';
  let details: ProtobufReader | null = null;
  while (!status.done) {
    const tag = status.tag();
    if (tag === 0x12) message = status.text();
    else if (tag === 0x1a) details = status.message();
    else status.skip(tag);
  }
  return details === null ? { kind: 'unknown', detail: message } : readDetails(details, message);
}

function readDetails(any: ProtobufReader, message: string): AppendAnswer {
  let typeUrl = '';
  let value: Buffer = Buffer.alloc(0);
  while (!any.done) {
    const tag = any.tag();
    if (tag === 0x0a) typeUrl = any.text();
    else if (tag === 0x12) value = any.view();
    else any.skip(tag);
  }
  switch (typeUrl.slice(typeUrl.lastIndexOf('/') + 1)) {
    case `${TYPE_PREFIX}WrongExpectedVersion`:
      return { kind: 'wrong_revision', actual: readActual(new ProtobufReader(value)) };
    case `${TYPE_PREFIX}StreamDeleted`:
      return { kind: 'stream_deleted' };
    case `${TYPE_PREFIX}MaximumAppendSizeExceeded`:
      return { kind: 'too_large' };
    case `${TYPE_PREFIX}AccessDenied`:
      return { kind: 'access_denied' };
    default:
      return { kind: 'unknown', detail: message === '' ? typeUrl : message };
  }
}

function readActual(wrongRevision: ProtobufReader): bigint | 'no_stream' {
  let actual: bigint | 'no_stream' = 'no_stream';
  while (!wrongRevision.done) {
    const tag = wrongRevision.tag();
    if (tag === 0x08) actual = wrongRevision.uint64();
    else wrongRevision.skip(tag);
  }
  return actual;
}
