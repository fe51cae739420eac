import { Redis, ReplyError } from 'ioredis';
import type { Logger } from '../../application/ports/logger';
import { DomainError } from '../../domain/shared/domain-error';

const COMMAND_TIMEOUT_MS = 250;
/** A timer so late was not looked at: this process was busy. */
const BUSY_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_AT_MOST_MS = 1_000;
/** Time-outs alone for so long: the connection itself is taken for dead, whatever the socket says. */
const WEDGED_AFTER_MS = 3_000;
const RETRY_AFTER_SECONDS = 2;

/**
 * The one connection to Redis. It fails fast: a command that is not answered within 250 ms, or that meets no connection,
 * is refused at once and never queued, since a request must not wait for a server that is gone. Reconnecting goes on
 * behind it for as long as the process lives.
 */
export class RedisConnection {
  readonly redis: Redis;
  private down = false;
  private silentSince: number | null = null;
  private gathering = false;

  constructor(
    url: string,
    private readonly logger: Logger,
  ) {
    this.redis = new Redis(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_AT_MOST_MS),
      // After a failover the old primary refuses writes: only a new connection finds the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.redis.on('error', (error: Error) => this.onDown(error));
    this.redis.on('ready', () => this.onReady());
  }

  /**
   * @throws DomainError unavailable where Redis does not answer in time, is not connected, or answers with an error.
   */
  async run<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      this.gather();
      const result = await inTime(work(this.redis));
      this.silentSince = null;
      return result;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof ReplyError) this.logger.warn({ err: error }, 'Redis refused a command');
      else this.noticeSilence();
      throw new DomainError('unavailable', 'Limits cannot be checked right now.', [], RETRY_AFTER_SECONDS);
    }
  }

  isConnected(): boolean {
    return this.redis.status === 'ready';
  }

  close(): void {
    this.redis.disconnect();
  }

  /** What is asked within one turn of the event loop leaves in one write: a system call each would cost more than the commands. */
  private gather(): void {
    const { stream } = this.redis;
    if (this.gathering || !this.isConnected()) return;
    this.gathering = true;
    stream.cork();
    setImmediate(() => {
      this.gathering = false;
      stream.uncork();
    });
  }

  private noticeSilence(): void {
    if (!this.isConnected()) return;
    const now = performance.now();
    this.silentSince ??= now;
    if (now - this.silentSince < WEDGED_AFTER_MS) return;
    this.silentSince = null;
    this.logger.warn({}, 'Redis does not answer: connecting anew');
    this.redis.disconnect(true);
  }

  private onDown(error: Error): void {
    if (this.down) return;
    this.down = true;
    this.logger.warn({ err: error }, 'the connection to Redis is lost');
  }

  private onReady(): void {
    if (this.down) this.logger.info({}, 'connected to Redis again');
    this.down = false;
    this.silentSince = null;
  }
}

/**
 * Rejects after 250 ms in which this process could have read an answer. A timer that rings late tells that it could not:
 * it was busy, and the command may not even have left. The time then begins anew, once, or every request of a busy moment
 * would count as an outage of Redis. Timers also come before sockets in the event loop, hence the last look at these.
 */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`));
    const due = performance.now() + COMMAND_TIMEOUT_MS;
    let timer = setTimeout(() => {
      if (performance.now() - due < BUSY_MS) setImmediate(giveUp);
      else timer = setTimeout(() => setImmediate(giveUp), COMMAND_TIMEOUT_MS);
    }, COMMAND_TIMEOUT_MS);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
