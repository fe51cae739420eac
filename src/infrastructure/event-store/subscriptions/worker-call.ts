import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Connection } from '../connection/connection';
import { ackRequest, joinGroupRequest, nackRequest, type NackAction } from '../wire/persistent-request';
import { decodePersistentReadResponse, type StoredEvent } from '../wire/stored-event';

/** Acknowledgements are sent together: when there are this many, or this long after the first. */
const ACK_BY = 50;
const ACK_AFTER_MS = 4;
const LEAVE_MS = 500;

/** One consumer of a group on one connection, until it ends. */
export class WorkerCall {
  private stream: ClientDuplexStream<Buffer, Buffer> | null = null;
  private left = false;
  private readonly acks: string[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly connection: Connection) {}

  /** Resolves when `leave` was called. @throws the failure that ended it. */
  async run(
    group: string,
    bufferSize: number,
    onJoined: () => void,
    onEvent: (event: StoredEvent, retryCount: number) => void,
  ): Promise<void> {
    const stream = await this.connection.duplex(PersistentSubscriptionsService.read);
    this.stream = stream;
    if (this.left) stream.cancel();
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (error: unknown): void => {
          if (this.left) return resolve();
          stream.cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        };
        stream.on('error', fail);
        stream.on('end', () => fail(new Error('the server ended the subscription')));
        stream.on('data', (bytes: Buffer) => {
          this.connection.heardAtMs = performance.now();
          try {
            const response = decodePersistentReadResponse(bytes);
            if (response.kind === 'confirmation') onJoined();
            else if (response.kind === 'event') onEvent(response.event, response.retryCount);
          } catch (error) {
            fail(error);
          }
        });
        stream.write(joinGroupRequest(group, bufferSize));
      });
    } finally {
      this.stream = null;
      if (this.timer !== null) clearTimeout(this.timer);
    }
  }

  /** Nothing happens where the call has ended: the server then hands the event out again. */
  ack(id: string): void {
    if (this.stream === null) return;
    this.acks.push(id);
    if (this.acks.length >= ACK_BY) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), ACK_AFTER_MS);
  }

  nack(id: string, action: NackAction, reason: string): void {
    this.stream?.write(nackRequest([id], action, reason));
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const ids = this.acks.splice(0);
    if (ids.length > 0) this.stream?.write(ackRequest(ids));
  }

  /** What was acknowledged is sent first. */
  async leave(): Promise<void> {
    this.flush();
    this.left = true;
    const stream = this.stream;
    if (stream === null) return;
    await new Promise<void>((resolve) => {
      // A connection that takes nothing any more must not keep the process from ending.
      const timer = setTimeout(resolve, LEAVE_MS);
      stream.once('finish', () => {
        clearTimeout(timer);
        resolve();
      });
      stream.end();
    });
    stream.cancel();
  }
}
