import type { Logger } from '../../application/ports/logger';
import type { WriterTurns } from '../../application/ports/writer-turns';
import { RedisConnection } from './redis-connection';
import { RedisWriterTurns } from './redis-writer-turns';

/** For a process that writes once and is gone: it connects to Redis only where it has lost a race, which is rare. */
export class TurnsOnDemand implements WriterTurns {
  private connection: RedisConnection | null = null;
  private turns: RedisWriterTurns | null = null;

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
  ) {}

  /** The first claim finds the connection not made yet; the next one, after the next lost race, does. */
  claim(stream: string): Promise<boolean> {
    this.connection ??= new RedisConnection(this.url, this.logger);
    this.turns ??= new RedisWriterTurns(this.connection);
    return this.turns.claim(stream);
  }

  isAnothers(stream: string): Promise<boolean> {
    return this.turns?.isAnothers(stream) ?? Promise.resolve(false);
  }

  release(stream: string): Promise<void> {
    return this.turns?.release(stream) ?? Promise.resolve();
  }

  onApplicationShutdown(): void {
    this.connection?.close();
  }
}
