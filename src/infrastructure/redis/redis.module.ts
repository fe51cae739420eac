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
import { OptOutCache } from './opt-out-cache';
import { PostgresSubjectHashes } from './postgres-subject-hashes';
import { RedisAdmission } from './redis-admission';
import { PostgresSampleHistory } from './postgres-sample-history';
import { RedisConnection } from './redis-connection';
import { RedisHealthSamples } from './redis-health-samples';
import { RedisWriterTurns } from './redis-writer-turns';
import { RequestLimiter } from './request-limiter';

const MIRRORS = Symbol('Mirrors');

/** What of the log is asked for in Redis, by the name of its check of readiness. */
interface Mirrors {
  readonly blocks: BlockCache;
  readonly opt_outs: OptOutCache;
}

/** Limits, blocks, opt-outs and idempotency claims. */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnection,
      inject: [CONFIGURATION, LOGGER],
      useFactory: (configuration: Configuration, logger: Logger) => new RedisConnection(configuration.redisUrl, logger),
    },
    {
      provide: MIRRORS,
      inject: [SUBSCRIPTIONS, RedisConnection, DATABASE, LOGGER],
      useFactory: (
        subscriptions: Subscriptions,
        connection: RedisConnection,
        database: Database,
        logger: Logger,
      ): Mirrors => {
        const parts = { subscriptions, connection, subjects: new PostgresSubjectHashes(database), logger };
        return { blocks: new BlockCache(parts), opt_outs: new OptOutCache(parts) };
      },
    },
    {
      provide: ADMISSION,
      inject: [RedisConnection, MIRRORS, LOGGER],
      useFactory: (connection: RedisConnection, mirrors: Mirrors, logger: Logger) =>
        new RedisAdmission(connection, Object.values(mirrors), logger),
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
    @Inject(MIRRORS) private readonly mirrors: Mirrors,
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
    for (const [name, mirror] of Object.entries<BlockCache | OptOutCache>({ ...this.mirrors })) {
      this.readiness.register(name, () => (mirror.isCaughtUp() ? null : 'not read yet'));
    }
  }

  /** Only processes that accept messages need to know blocks and opt-outs. */
  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('api')) return;
    this.mirrors.blocks.start();
    this.mirrors.opt_outs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.mirrors.blocks.stop(), this.mirrors.opt_outs.stop()]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.samples.stop();
    this.connection.close();
  }
}
