import type { ProposedEvent } from '../storage/record';
import {
  type BatchChunk,
  type BatchOptions,
  type WriteOptions,
  readAppendPart,
  readBatchChunk,
  readDeleteRequest,
} from '../wire/append-request';
import * as answers from '../wire/append-response';
import type { GrpcCall } from '../wire/grpc-call';
import { frameMessage } from '../wire/grpc-frames';
import { GrpcCode, GrpcError, appendTooLarge, deleteConflict, handlerThrew, streamDeleted } from '../wire/grpc-status';
import type { StreamWriter, WriteOutcome } from './stream-writer';

/** Events of one append may come to this many bytes together. */
export const MAXIMUM_APPEND_BYTES = 1_048_576;
/** An append whose last chunk does not come within this time is given up. */
const COMMIT_TIMEOUT_MS = 2000;

/** Bytes of an event as the limit counts them: as the real server lays an event out, with its type in UTF-16. */
const sizeOf = (event: ProposedEvent): number => event.data.length + event.metadata.length + 2 * event.type.length;

/** Serves the appends, deletes and tombstones of `Streams`. */
export class AppendService {
  constructor(private readonly writer: StreamWriter) {}

  /** `Streams.Append`: one append, its events streamed in. */
  append(call: GrpcCall): void {
    let options: WriteOptions | undefined;
    const events: ProposedEvent[] = [];
    let bytes = 0;
    call.onMessage = (message) => {
      const part = readAppendPart(message);
      if ('options' in part) {
        options = part.options;
        return;
      }
      bytes += sizeOf(part.event);
      if (bytes > MAXIMUM_APPEND_BYTES) throw appendTooLarge(MAXIMUM_APPEND_BYTES);
      events.push(part.event);
    };
    call.onHalfClose = () => {
      if (!options || options.stream === '' || events.some((event) => event.type === '')) throw handlerThrew();
      const { stream, expected } = options;
      if (expected === undefined) throw missingExpectation('AppendReq');
      this.writer.append(stream, expected, events, (outcome) => {
        if (outcome.kind === 'deleted') return call.fail(streamDeleted(stream));
        const answer =
          outcome.kind === 'written'
            ? answers.appendSuccess(outcome.last, outcome.sequence)
            : answers.appendConflict(expected, outcome.last);
        call.send(frameMessage(answer));
        call.finish();
      });
    };
  }

  /** `Streams.BatchAppend`: any number of appends, answered each when it is done. */
  batchAppend(call: GrpcCall): void {
    new BatchCall(call, this.writer).start();
  }

  delete(request: Buffer): Promise<Buffer> {
    return this.remove(request, (stream, expected, answer) => this.writer.delete(stream, expected, answer));
  }

  tombstone(request: Buffer): Promise<Buffer> {
    return this.remove(request, (stream, expected, answer) => this.writer.tombstone(stream, expected, answer));
  }

  private remove(
    request: Buffer,
    write: (stream: string, expected: number, answer: (outcome: WriteOutcome) => void) => void,
  ): Promise<Buffer> {
    const { stream, expected } = readDeleteRequest(request);
    if (stream === '') throw handlerThrew();
    if (expected === undefined) throw missingExpectation('DeleteReq');
    return new Promise((resolve, reject) =>
      write(stream, expected, (outcome) => {
        if (outcome.kind === 'written') resolve(answers.deleteSuccess(outcome.sequence));
        else
          reject(outcome.kind === 'deleted' ? streamDeleted(stream) : deleteConflict(stream, expected, outcome.last));
      }),
    );
  }
}

interface Gathering {
  readonly options: BatchOptions;
  readonly events: ProposedEvent[];
  readonly timeout: NodeJS.Timeout;
}

/** One `BatchAppend` call: gathers the chunks of its appends and puts together the answers of one group commit. */
class BatchCall {
  private readonly gathering = new Map<string, Gathering>();
  private waiting = 0;
  private halfClosed = false;
  private answers: Buffer[] = [];

  constructor(
    private readonly call: GrpcCall,
    private readonly writer: StreamWriter,
  ) {}

  start(): void {
    this.call.onMessage = (message) => this.take(readBatchChunk(message));
    this.call.onHalfClose = () => {
      this.halfClosed = true;
      this.finishIfDone();
    };
    this.call.onClosed = () => {
      for (const { timeout } of this.gathering.values()) clearTimeout(timeout);
      this.gathering.clear();
    };
  }

  private take(chunk: BatchChunk): void {
    const { correlationId, events } = chunk;
    const begun = this.gathering.get(correlationId);
    const options = begun?.options ?? chunk.options;
    // The end of an append that nobody began has no one to be answered.
    if (!options) return;
    const all = begun ? begun.events.concat(copies(events)) : events;
    if (chunk.isFinal) {
      if (begun) this.forget(correlationId, begun);
      return this.append({ correlationId, stream: options.stream }, options, all);
    }
    if (begun) begun.events.push(...copies(events));
    else this.gather(correlationId, options, copies(events));
  }

  private gather(correlationId: string, options: BatchOptions, events: ProposedEvent[]): void {
    const timeout = setTimeout(() => {
      this.gathering.delete(correlationId);
      this.answer(answers.batchTimeout({ correlationId, stream: options.stream }));
      this.finishIfDone();
    }, timeoutOf(options));
    this.gathering.set(correlationId, { options, events, timeout });
  }

  private forget(correlationId: string, { timeout }: Gathering): void {
    clearTimeout(timeout);
    this.gathering.delete(correlationId);
  }

  private append(
    key: answers.BatchKey,
    { stream, expected, deadlineMs }: BatchOptions,
    events: readonly ProposedEvent[],
  ): void {
    // The client has given up: what it would never hear of must not be written.
    if (deadlineMs !== undefined && deadlineMs <= Date.now()) return this.answer(answers.batchTimeout(key));
    const refusal = refusalOf(key, stream, expected, events);
    if (refusal) return this.answer(refusal);
    this.waiting++;
    const wanted = expected as number;
    this.writer.append(stream, wanted, events, (outcome) => {
      this.waiting--;
      if (outcome.kind === 'written') this.answer(answers.batchSuccess(key, outcome.last, outcome.sequence));
      else if (outcome.kind === 'deleted') this.answer(answers.batchDeleted(key));
      else this.answer(answers.batchConflict(key, wanted, outcome.last));
      this.finishIfDone();
    });
  }

  /** Answers given in one turn of the event loop, so all of one group commit, go out in one write. */
  private answer(framed: Buffer): void {
    this.answers.push(framed);
    if (this.answers.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    if (this.answers.length === 0) return;
    this.call.send(Buffer.concat(this.answers));
    this.answers = [];
  }

  private finishIfDone(): void {
    if (!this.halfClosed || this.waiting > 0 || this.gathering.size > 0) return;
    this.flush();
    this.call.finish();
  }
}

/** How long the rest of an append is waited for, in ms. */
const timeoutOf = ({ deadlineMs }: BatchOptions): number =>
  deadlineMs === undefined ? COMMIT_TIMEOUT_MS : Math.min(COMMIT_TIMEOUT_MS, Math.max(0, deadlineMs - Date.now()));

/** The answer to an append that is refused for what it is, whatever the stream. */
function refusalOf(
  key: answers.BatchKey,
  stream: string,
  expected: number | undefined,
  events: readonly ProposedEvent[],
): Buffer | undefined {
  if (expected === undefined) return answers.batchBadRequest(key, missingExpectation('BatchAppendReq').message);
  if (stream === '') return answers.batchBadRequest(key, "Empty eventStreamId provided. (Parameter 'eventStreamId')");
  let bytes = 0;
  for (const event of events) {
    if (event.type === '') return answers.batchBadRequest(key, "Empty eventType provided. (Parameter 'eventType')");
    bytes += sizeOf(event);
  }
  return bytes > MAXIMUM_APPEND_BYTES ? answers.batchTooLarge(key, MAXIMUM_APPEND_BYTES) : undefined;
}

/** Events that outlive the message they came in. */
const copies = (events: readonly ProposedEvent[]): ProposedEvent[] =>
  events.map((event) => ({ ...event, data: Buffer.from(event.data), metadata: Buffer.from(event.metadata) }));

const missingExpectation = (request: string): GrpcError => {
  const option = request === 'BatchAppendReq' ? 'ExpectedStreamPositionOneofCase' : 'ExpectedStreamRevisionOneofCase';
  const message = `'None' is not a valid EventStore.Client.Streams.${request}+Types+Options+${option}`;
  if (request !== 'BatchAppendReq') return new GrpcError(GrpcCode.InvalidArgument, message);
  return new GrpcError(GrpcCode.InvalidArgument, `Status(StatusCode="InvalidArgument", Detail="${message}")`);
};
