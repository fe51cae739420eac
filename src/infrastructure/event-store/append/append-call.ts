import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Connection } from '../connection/connection';
import { decodeBatchAppendResponse, type AppendAnswer } from '../wire/batch-append-response';
import { PassingMap } from '../../../domain/shared/passing-map';

/** How one attempt of one append ended. `not_sent`: the server certainly never saw it. */
export type AttemptResult = AppendAnswer | { readonly kind: 'not_sent'; readonly detail: string };

export interface Attempt {
  readonly correlationId: string;
  readonly bytes: Buffer;
  readonly settle: (result: AttemptResult) => void;
  sent: boolean;
}

/** gRPC's words for a call that never got as far as a socket. */
const NEVER_CONNECTED = /No connection established|Channel closed before call started|Name resolution failed/;

/**
 * One long-lived BatchAppend call with a table of its own of the appends that wait for their answers. Answers come in any
 * order and are matched by correlation id; one that nobody waits for (a second answer, or one after the deadline) is dropped.
 * When the call ends, every append on it ends with it, as unknown where it was written to the call.
 */
export class AppendCall {
  private readonly waiting = new PassingMap<string, Attempt>();
  private readonly queue: Attempt[] = [];
  private stream: ClientDuplexStream<Buffer, Buffer> | null = null;
  private writing = 0;
  private ended: string | null = null;

  constructor(
    readonly connection: Connection,
    private readonly onEnd: (call: AppendCall) => void,
  ) {}

  /** Appends that the socket has not taken yet. */
  get unsent(): number {
    return this.queue.length + this.writing;
  }

  get hasEnded(): boolean {
    return this.ended !== null;
  }

  attach(stream: ClientDuplexStream<Buffer, Buffer>): void {
    this.stream = stream;
    stream.on('data', (bytes: Buffer) => this.answered(bytes));
    stream.on('error', (error) => this.end(error.message));
    stream.on('end', () => this.end('the server ended the call'));
    this.pump();
  }

  send(attempt: Attempt): void {
    if (this.ended !== null) {
      attempt.settle({ kind: 'not_sent', detail: this.ended });
      return;
    }
    this.waiting.set(attempt.correlationId, attempt);
    this.queue.push(attempt);
    this.pump();
  }

  /** The caller's time is up: an answer that still comes is dropped. */
  forget(attempt: Attempt): void {
    this.waiting.delete(attempt.correlationId);
    if (attempt.sent) return;
    const index = this.queue.indexOf(attempt);
    if (index >= 0) this.queue.splice(index, 1);
  }

  /** Ends the call and everything that waits on it. */
  end(detail: string): void {
    if (this.ended !== null) return;
    this.ended = detail;
    const neverConnected = NEVER_CONNECTED.test(detail);
    const attempts = [...this.waiting.values()];
    this.waiting.clear();
    this.queue.length = 0;
    this.stream?.cancel();
    this.onEnd(this);
    for (const attempt of attempts) {
      attempt.settle({ kind: attempt.sent && !neverConnected ? 'unknown' : 'not_sent', detail });
    }
  }

  /** One at a time: what waits here can still be forgotten, what gRPC has queued cannot. */
  private pump(): void {
    if (this.stream === null || this.writing > 0) return;
    const attempt = this.queue.shift();
    if (attempt === undefined) return;
    attempt.sent = true;
    this.writing += 1;
    this.stream.write(attempt.bytes, () => {
      this.writing -= 1;
      this.pump();
    });
  }

  private answered(bytes: Buffer): void {
    this.connection.heardAtMs = performance.now();
    let response: ReturnType<typeof decodeBatchAppendResponse>;
    try {
      response = decodeBatchAppendResponse(bytes);
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
      return;
    }
    const attempt = this.waiting.get(response.correlationId);
    if (attempt === undefined) return;
    this.waiting.delete(response.correlationId);
    attempt.settle(response.answer);
  }
}
