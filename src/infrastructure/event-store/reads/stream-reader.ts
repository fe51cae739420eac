import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { status, type ClientReadableStream } from '@grpc/grpc-js';
import { StoreUnavailable, StreamDeleted, type LogPosition } from '../../../application/ports/event-store';
import type { Connection } from '../connection/connection';
import type { ConnectionSource } from '../connection/connection-source';
import { readAtRequest, readHeadRequest, readStreamRequest } from '../wire/read-request';
import { decodeReadResponse, type StoredEvent } from '../wire/stored-event';
import { grpcFailure, isConnectionLost, isNotLeader } from './grpc-failure';

/** No new attempt is begun after this, none lasts longer than the second, and one that hears nothing ends after the third. */
const NO_NEW_ATTEMPT_MS = 5_000;
const READ_DEADLINE_MS = 60_000;
const SILENCE_MS = 2_000;
const ATTEMPTS = 3;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** Reads streams, with a deadline against silence and a few attempts. */
export class StreamReader {
  constructor(private readonly connections: ConnectionSource) {}

  /** As stored; `[]` where the stream is missing or holds nothing from there on. @throws StreamDeleted, StoreUnavailable */
  async read(stream: string, from: bigint, maxCount: number): Promise<StoredEvent[]> {
    if (maxCount <= 0) return [];
    const request = readStreamRequest(stream, from, maxCount);
    const endsAtMs = performance.now() + NO_NEW_ATTEMPT_MS;
    for (let attempt = 1; ; attempt++) {
      const connection = this.connections.current;
      try {
        return await collect(connection, request);
      } catch (error) {
        const failure = grpcFailure(error);
        if (failure.exception === 'stream-deleted') throw new StreamDeleted(stream);
        if (isConnectionLost(failure)) this.connections.replace(connection, failure.detail);
        // A store that is away may be so for long. One that looks for its leader has one again in a moment.
        const again = isNotLeader(failure) || (attempt < ATTEMPTS && isTransient(failure.code));
        if (!again || performance.now() >= endsAtMs) {
          throw new StoreUnavailable('none', failure.detail, { cause: error });
        }
        const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * attempt);
        await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
      }
    }
  }
}

/** The last position of the whole log; null where it is empty. @throws the gRPC error. */
export async function readHead(connection: Connection): Promise<LogPosition | null> {
  const events = await collect(connection, readHeadRequest());
  return events[0]?.position ?? null;
}

export type FoundAt =
  | { readonly kind: 'event'; readonly eventId: string }
  /** Another begins there, or it was removed from the log by its own rules: what lies behind it comes first. */
  | { readonly kind: 'later_event' }
  | { readonly kind: 'beyond_end' }
  | { readonly kind: 'no_position' };

/** What `$all` holds at a position that an event once had. @throws the gRPC error. */
export async function readAt(connection: Connection, position: LogPosition): Promise<FoundAt> {
  try {
    const [event] = await collect(connection, readAtRequest(position));
    if (event === undefined) return { kind: 'beyond_end' };
    const { commit, prepare } = event.position;
    if (commit !== position.commit || prepare !== position.prepare) return { kind: 'later_event' };
    return { kind: 'event', eventId: event.id };
  } catch (error) {
    if (grpcFailure(error).detail.includes('InvalidPosition')) return { kind: 'no_position' };
    throw error;
  }
}

const isTransient = (code: number): boolean =>
  code === status.UNAVAILABLE ||
  code === status.DEADLINE_EXCEEDED ||
  code === status.CANCELLED ||
  code === status.INTERNAL ||
  code === status.ABORTED ||
  code === status.RESOURCE_EXHAUSTED;

async function collect(connection: Connection, request: Buffer): Promise<StoredEvent[]> {
  return new Promise((resolve, reject) => {
    const events: StoredEvent[] = [];
    let call: ClientReadableStream<Buffer> | null = null;
    const fail = (error: unknown): void => {
      watch.stop();
      call?.cancel();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const watch = watchSilence(() => fail(new Error(`the read heard nothing for ${SILENCE_MS} ms`)));
    const onMessage = (bytes: Buffer): void => {
      connection.heardAtMs = performance.now();
      watch.heard();
      const response = decodeReadResponse(bytes);
      if (response.kind === 'event') events.push(response.event);
    };
    connection.serverStream(StreamsService.read, request, READ_DEADLINE_MS).then((opened) => {
      call = opened;
      consume(opened, onMessage, fail);
      opened.on('end', () => {
        watch.stop();
        resolve(events);
      });
    }, fail);
  });
}

function consume(
  call: ClientReadableStream<Buffer>,
  onMessage: (bytes: Buffer) => void,
  onFailure: (error: unknown) => void,
): void {
  call.on('error', onFailure);
  call.on('data', (bytes: Buffer) => {
    try {
      onMessage(bytes);
    } catch (error) {
      onFailure(error);
    }
  });
}

function watchSilence(onSilence: () => void): { heard(): void; stop(): void } {
  const timer = setTimeout(onSilence, SILENCE_MS);
  return { heard: () => timer.refresh(), stop: () => clearTimeout(timer) };
}
