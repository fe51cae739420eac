import { randomBytes } from 'node:crypto';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import {
  AppendTooLarge,
  StoreUnavailable,
  StreamDeleted,
  WrongExpectedRevision,
} from '../../../application/ports/event-store';
import type { Connection } from '../connection/connection';
import type { ConnectionSource } from '../connection/connection-source';
import { encodeBatchAppend, type AppendContent } from '../wire/batch-append-request';
import { Gather } from './gather';
import { AppendCall, type Attempt, type AttemptResult } from './append-call';

/** An attempt that hears nothing for this long is given up and made again. */
const ATTEMPT_MS = 1_000;
/** First pause after an attempt that failed at once; doubled each time. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** What the server is given beyond our own deadline, since its clock may differ from ours. */
const CLOCK_ALLOWANCE_MS = 10_000;
/**
 * gRPC hands a call's next message to the socket only when the one before has left, which takes a turn of the event loop:
 * on one call a busy process would send one append a turn. What several calls send in one turn leaves in one write.
 */
const MOST_CALLS = 16;
/** An append of so many events is a group commit of its own: what it was made of has been gathered before. */
const GROUP_EVENTS = 4;

/**
 * Appends with a deadline of our own. What is not known to be written or refused is sent again, unchanged: the same event ids
 * at the same expected revision, which the store answers as success where it was written before.
 */
export class Appender {
  private calls: AppendCall[] = [];
  private readonly correlationPrefix: string;
  private correlations = 0;
  private readonly gather = new Gather();

  constructor(private readonly connections: ConnectionSource) {
    const random = randomBytes(10).toString('hex');
    this.correlationPrefix = `${random.slice(0, 8)}-${random.slice(8, 12)}-4${random.slice(12, 15)}-8${random.slice(15, 18)}-`;
  }

  /** @returns the stream's last revision. @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, StoreUnavailable */
  async append(content: AppendContent, deadlineMs: number): Promise<bigint> {
    const endsAtMs = performance.now() + deadlineMs;
    let maybeWritten = false;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const remainingMs = endsAtMs - performance.now();
      const result = await this.attempt(content, Math.min(ATTEMPT_MS, remainingMs), remainingMs);
      switch (result.kind) {
        case 'written':
          return result.revision;
        case 'wrong_revision':
          throw new WrongExpectedRevision(content.stream, content.expected, result.actual);
        case 'stream_deleted':
          throw new StreamDeleted(content.stream);
        case 'too_large':
          throw new AppendTooLarge(content.stream);
        case 'access_denied':
          throw new StoreUnavailable(maybeWritten ? 'unknown' : 'none', 'access denied');
        case 'unknown':
          maybeWritten = true;
          break;
        case 'not_sent':
          break;
      }
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= pauseMs) throw new StoreUnavailable(maybeWritten ? 'unknown' : 'none', result.detail);
      await pause(pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  close(): void {
    for (const call of [...this.calls]) call.end('the event store adapter was closed');
  }

  private attempt(content: AppendContent, timeoutMs: number, remainingMs: number): Promise<AttemptResult> {
    const correlationId = this.nextCorrelationId();
    const startedAtMs = performance.now();
    return new Promise((resolve) => {
      let call: AppendCall | null = null;
      let isOver = false;
      const end = (result: AttemptResult): void => {
        isOver = true;
        clearTimeout(timer);
        if (call !== null) this.gather.ended();
        resolve(result);
      };
      const timer = setTimeout(() => {
        call?.forget(attempt);
        const detail = `no answer in ${Math.round(timeoutMs)} ms`;
        // Others are being answered: then only this one is slow, and the connection is as good as any.
        if (call !== null && call.connection.heardAtMs < startedAtMs) call.end(detail);
        end(attempt.sent ? { kind: 'unknown', detail } : { kind: 'not_sent', detail });
      }, timeoutMs);
      const attempt: Attempt = {
        correlationId,
        bytes: encodeBatchAppend(correlationId, Date.now() + remainingMs + CLOCK_ALLOWANCE_MS, content),
        sent: false,
        settle: (result) => {
          // A server that is not ready, or no leader any more, says so in an answer: the next attempt asks anew.
          if (result.kind === 'unknown' && call !== null) this.connections.replace(call.connection, result.detail);
          end(result);
        },
      };
      this.gather.add(() => {
        // Its time ran out while it was gathered.
        if (isOver) return this.gather.ended();
        call = this.openCall();
        call.send(attempt);
      }, content.events.length >= GROUP_EVENTS);
    });
  }

  /** One that has nothing to send, or a new one, or the one with the least to send. */
  private openCall(): AppendCall {
    const { current } = this.connections;
    let least: AppendCall | null = null;
    let open = 0;
    for (const call of this.calls) {
      if (call.hasEnded || call.connection !== current) continue;
      if (call.unsent === 0) return call;
      open += 1;
      if (least === null || call.unsent < least.unsent) least = call;
    }
    return least !== null && open >= MOST_CALLS ? least : this.newCall(current);
  }

  private newCall(connection: Connection): AppendCall {
    const call = new AppendCall(connection, (ended) => {
      this.calls = this.calls.filter((other) => other !== ended);
      this.connections.replace(ended.connection, 'the append call ended');
    });
    // Those on a connection that was replaced end by themselves when their last append has.
    this.calls.push(call);
    connection.duplex(StreamsService.batchAppend).then(
      (stream) => {
        if (call.hasEnded) stream.cancel();
        else call.attach(stream);
      },
      (error: unknown) => call.end(error instanceof Error ? error.message : String(error)),
    );
    return call;
  }

  private nextCorrelationId(): string {
    this.correlations += 1;
    return this.correlationPrefix + this.correlations.toString(16).padStart(12, '0');
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
