import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { PERSONAL_TRACES } from '../../application/ports/personal-traces';
import { SUBSCRIPTIONS, type Subscriptions } from '../../application/ports/subscriptions';
import { PostgresSubjectVault } from '../crypto/postgres-subject-vault';
import { SubjectKeyTable } from '../crypto/subject-key-table';
import { DATABASE, type Database } from '../postgres/database';
import { AnswerTable } from '../receipts/answer-table';
import { InboundTable } from '../receipts/inbound-table';
import { InboxTable } from '../receipts/inbox-table';
import { SubjectTraces } from '../redis/subject-traces';
import { DiskCleaner } from './disk-cleaner';
import { ErasureFeed } from './erasure-feed';
import { StoredTraces } from './stored-traces';

/** Erasures: what they reach beside the log, and how every process hears of them. */
@Global()
@Module({
  providers: [
    {
      provide: PERSONAL_TRACES,
      inject: [PostgresSubjectVault, DATABASE, CONFIGURATION],
      useFactory: (vault: PostgresSubjectVault, database: Database, configuration: Configuration) =>
        new StoredTraces(
          vault,
          new SubjectKeyTable(database),
          new InboxTable(database),
          new InboundTable(database),
          new AnswerTable(database),
          new SubjectTraces(configuration.redisUrl),
          new DiskCleaner(configuration.databaseOwnerUrl ?? configuration.databaseUrl),
        ),
    },
    {
      provide: ErasureFeed,
      inject: [SUBSCRIPTIONS, PostgresSubjectVault, LOGGER],
      useFactory: (subscriptions: Subscriptions, vault: PostgresSubjectVault, logger: Logger) =>
        new ErasureFeed(subscriptions, vault, logger),
    },
  ],
  exports: [PERSONAL_TRACES],
})
export class ErasureModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(ErasureFeed) private readonly feed: ErasureFeed,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** The command line, which has no role, ends before it could forget anything. */
  onApplicationBootstrap(): void {
    if (this.configuration.roles.size > 0) this.feed.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.feed.stop();
  }
}
