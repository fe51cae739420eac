import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { LogPosition } from '../../../application/ports/event-store';
import type { Connection } from '../connection/connection';
import { subscribeToAllRequest } from '../wire/read-request';
import { decodeReadResponse, type ReadResponse } from '../wire/stored-event';

/** One subscription to `$all` on one connection, until it ends. */
export class CatchUpCall {
  private stream: ClientReadableStream<Buffer> | null = null;
  private cancelled = false;
  private paused = false;

  constructor(private readonly connection: Connection) {}

  /** Resolves when `cancel` was called. @throws the failure that ended it. */
  async run(
    from: LogPosition | null,
    streamPrefixes: readonly string[],
    onResponse: (response: ReadResponse) => void,
  ): Promise<void> {
    const request = subscribeToAllRequest(from, streamPrefixes);
    const stream = await this.connection.serverStream(StreamsService.read, request, Infinity);
    this.stream = stream;
    if (this.cancelled) stream.cancel();
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => {
        if (this.cancelled) return resolve();
        stream.cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      stream.on('error', fail);
      stream.on('end', () => fail(new Error('the server ended the subscription')));
      stream.on('data', (bytes: Buffer) => {
        if (this.cancelled) return;
        this.connection.heardAtMs = performance.now();
        try {
          onResponse(decodeReadResponse(bytes));
        } catch (error) {
          fail(error);
        }
      });
    });
  }

  /** Takes no more from the server for now: its own flow control then holds it back. */
  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.stream?.resume();
  }

  cancel(): void {
    this.cancelled = true;
    this.stream?.cancel();
  }
}
