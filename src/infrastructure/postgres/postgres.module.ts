import { setTimeout as delay } from 'node:timers/promises';
import { Global, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LEADERSHIP } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { READ_SQL } from '../../application/ports/projection';
import { Readiness } from '../observability/readiness';
import { DATABASE, Database } from './database';
import { PostgresLeadership } from './leader';
import { findMigrations, migrate } from './migrations';

const CONNECTIONS = 16;
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_WITHIN_MS = 20_000;

/** Postgres may still be starting beside us: waits for it, but not for ever. */
async function reachable(database: Database, logger: Logger): Promise<void> {
  const until = Date.now() + CONNECT_WITHIN_MS;
  for (;;) {
    try {
      await database.query({ text: 'SELECT 1' });
      return;
    } catch (error) {
      if (Date.now() >= until) throw error;
      logger.warn({ err: error }, 'waiting for Postgres');
      await delay(500);
    }
  }
}

/** The pool, migrated before anything uses it, and leadership. Closes last, when all that uses them has stopped. */
@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      inject: [CONFIGURATION, LOGGER],
      useFactory: async (configuration: Configuration, logger: Logger): Promise<Database> => {
        const database = new Database(configuration.databaseUrl, {
          max: CONNECTIONS,
          statementTimeoutMs: STATEMENT_TIMEOUT_MS,
          applicationName: 'waht',
          onError: (error) => logger.warn({ err: error }, 'an idle connection to Postgres broke'),
        });
        try {
          await reachable(database, logger);
          await migrate(database, await findMigrations(), logger);
        } catch (error) {
          await database.close();
          throw error;
        }
        return database;
      },
    },
    { provide: READ_SQL, useExisting: DATABASE },
    {
      provide: LEADERSHIP,
      inject: [DATABASE, LOGGER],
      useFactory: (database: Database, logger: Logger) => new PostgresLeadership(database, logger),
    },
  ],
  exports: [DATABASE, READ_SQL, LEADERSHIP],
})
export class PostgresModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(LEADERSHIP) private readonly leadership: PostgresLeadership,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.register('postgres', async () => {
      await this.database.query({ text: 'SELECT 1' });
      return null;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.leadership.close();
    await this.database.close();
  }
}
