import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ADMISSION } from '../../application/ports/admission';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { SUBSCRIPTIONS, type Subscriptions } from '../../application/ports/subscriptions';
import { HEALTH_SAMPLES } from '../../application/ports/health-samples';
import { WRITER_TURNS } from '../../application/ports/writer-turns';
import { Readiness } from '../observability/readiness';
import { DATABASE, type Database } from '../postgres/database';
import { BlockCache } from './block-cache';
import { PostgresSubjectHashes } from './postgres-subject-hashes';
import { RedisAdmission } from './redis-admission';
import { PostgresSampleHistory } from './postgres-sample-history';
import { RedisConnection } from './redis-connection';
import { RedisHealthSamples } from './redis-health-samples';
import { RedisWriterTurns } from './redis-writer-turns';
import { RequestLimiter } from './request-limiter';

/** Limits, blocks and idempotency claims. */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnection,
      inject: [CONFIGURATION, LOGGER],
      useFactory: (configuration: Configuration, logger: Logger) => new RedisConnection(configuration.redisUrl, logger),
    },
    {
      provide: BlockCache,
      inject: [SUBSCRIPTIONS, RedisConnection, DATABASE, LOGGER],
      useFactory: (subscriptions: Subscriptions, connection: RedisConnection, database: Database, logger: Logger) =>
        new BlockCache(subscriptions, connection, new PostgresSubjectHashes(database), logger),
    },
    {
      provide: ADMISSION,
      inject: [RedisConnection, BlockCache, LOGGER],
      useFactory: (connection: RedisConnection, blocks: BlockCache, logger: Logger) =>
        new RedisAdmission(connection, blocks, logger),
    },
    {
      provide: WRITER_TURNS,
      inject: [RedisConnection],
      useFactory: (connection: RedisConnection) => new RedisWriterTurns(connection),
    },
    {
      provide: HEALTH_SAMPLES,
      inject: [RedisConnection, DATABASE, CLOCK, LOGGER],
      useFactory: (connection: RedisConnection, database: Database, clock: Clock, logger: Logger) =>
        new RedisHealthSamples(connection, new PostgresSampleHistory(database), () => clock.now(), logger),
    },
    {
      provide: RequestLimiter,
      // After ADMISSION, which makes the scripts commands of the connection.
      inject: [RedisConnection, ADMISSION],
      useFactory: (connection: RedisConnection) => new RequestLimiter(connection),
    },
  ],
  exports: [ADMISSION, HEALTH_SAMPLES, RequestLimiter, WRITER_TURNS],
})
export class RedisModule
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(RedisConnection) private readonly connection: RedisConnection,
    @Inject(BlockCache) private readonly blocks: BlockCache,
    @Inject(HEALTH_SAMPLES) private readonly samples: RedisHealthSamples,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  onModuleInit(): void {
    this.readiness.register('redis', async () => {
      if (!this.connection.isConnected()) return 'not connected';
      await this.connection.run((redis) => redis.ping());
      return null;
    });
    if (!this.configuration.roles.has('api')) return;
    this.readiness.register('blocks', () => (this.blocks.isCaughtUp() ? null : 'not read yet'));
  }

  /** Only processes that accept messages need to know the blocks. */
  onApplicationBootstrap(): void {
    if (this.configuration.roles.has('api')) this.blocks.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.blocks.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.samples.stop();
    this.connection.close();
  }
}
