import { Redis, ReplyError } from 'ioredis';
import { keys } from './keys';

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 5_000;
const SCANNED_AT_ONCE = 1_000;
const MODES = ['live', 'test'] as const;

/** What Redis holds of one recipient. A connection for each use: this runs from the command line, once. */
export class SubjectTraces {
  constructor(private readonly url: string) {}

  /**
   * Removes the counters, the block and the opt-outs kept under the keyed hash of a number, and the customer's remembered answers: these
   * hold keyed digests of bodies, and the log repeats them. @param lookupHash hex. @returns how many keys went.
   */
  async sweep(customerId: string, lookupHash: string): Promise<number> {
    return this.connected(async (redis) => {
      const counters = MODES.map((mode) => keys.velocity(customerId, mode, lookupHash));
      const optOuts = MODES.map((mode) => keys.optedOut(customerId, mode, lookupHash));
      const removed = await redis.unlink(...counters, ...optOuts, keys.blockedRecipient(customerId, lookupHash));
      return removed + (await this.forgetAnswers(redis, customerId));
    });
  }

  /** Has the files on disk written anew, without what was removed. @returns why the server would not; null: it does. */
  async rewriteFiles(): Promise<string | null> {
    return this.connected(async (redis) => {
      try {
        if (/^aof_enabled:1/m.test(await redis.info('persistence'))) await redis.bgrewriteaof();
        await redis.bgsave('SCHEDULE');
        return null;
      } catch (error) {
        if (error instanceof ReplyError && error instanceof Error) return error.message;
        throw error;
      }
    });
  }

  /** A claim of a request that runs is left alone. */
  private async forgetAnswers(redis: Redis, customerId: string): Promise<number> {
    let removed = 0;
    let cursor = '0';
    do {
      const [next, found] = await redis.scan(
        cursor,
        'MATCH',
        keys.anyIdempotency(customerId),
        'COUNT',
        SCANNED_AT_ONCE,
      );
      cursor = next;
      if (found.length === 0) continue;
      const values = await redis.mget(...found);
      const answers = found.filter((_, index) => values[index]?.startsWith('D:') === true);
      if (answers.length > 0) removed += await redis.unlink(...answers);
    } while (cursor !== '0');
    return removed;
  }

  private async connected<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    // What is wrong is told by the command that fails of it; without a listener it would be printed as well.
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await work(redis);
    } catch (error) {
      const message = 'Redis does not answer: what it holds of the recipient is still there; run the same again';
      throw new Error(message, { cause: error });
    } finally {
      redis.disconnect();
    }
  }
}
