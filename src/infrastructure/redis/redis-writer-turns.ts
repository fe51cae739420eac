import { randomUUID } from 'node:crypto';
import type { WriterTurns } from '../../application/ports/writer-turns';
import { DomainError } from '../../domain/shared/domain-error';
import { keys } from './keys';
import type { RedisConnection } from './redis-connection';

const TURN_MS = 1_000;

/** Turns in Redis. While it is away there are none, and writers race. */
export class RedisWriterTurns implements WriterTurns {
  private readonly self = randomUUID();

  constructor(private readonly connection: RedisConnection) {}

  claim(stream: string): Promise<boolean> {
    return this.orFalse(async () => {
      const answer = await this.connection.run((redis) => redis.set(keys.turn(stream), this.self, 'PX', TURN_MS, 'NX'));
      return answer === 'OK';
    });
  }

  isAnothers(stream: string): Promise<boolean> {
    return this.orFalse(async () => {
      const holder = await this.connection.run((redis) => redis.get(keys.turn(stream)));
      return holder !== null && holder !== this.self;
    });
  }

  /** A turn that ran out meanwhile, and is another's now, may be cut short: it is only a hint. */
  async release(stream: string): Promise<void> {
    await this.orFalse(async () => (await this.connection.run((redis) => redis.del(keys.turn(stream)))) > 0);
  }

  private async orFalse(ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  }
}
