import { Global, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LEADERSHIP } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { TENANT_READS } from '../../application/ports/tenant-reads';
import { WORKER_SQL } from '../../application/ports/worker-sql';
import { Readiness } from '../observability/readiness';
import { DATABASE, PROJECTOR_DATABASE, type Database } from './database';
import { PostgresLeadership } from './leader';
import { openDatabases, type Databases } from './open-databases';
import { TenantTransactions } from './tenancy';

const DATABASES = Symbol('Databases');

/** A pool for each role, of a database that is migrated before anything uses it, and leadership. Closes last. */
@Global()
@Module({
  providers: [
    {
      provide: DATABASES,
      inject: [CONFIGURATION, LOGGER],
      useFactory: (configuration: Configuration, logger: Logger) => openDatabases(configuration, logger),
    },
    { provide: DATABASE, inject: [DATABASES], useFactory: ({ worker }: Databases) => worker },
    { provide: WORKER_SQL, useExisting: DATABASE },
    { provide: PROJECTOR_DATABASE, inject: [DATABASES], useFactory: ({ projector }: Databases) => projector },
    { provide: TENANT_READS, inject: [DATABASES], useFactory: ({ api }: Databases) => new TenantTransactions(api) },
    {
      provide: LEADERSHIP,
      inject: [DATABASE, LOGGER],
      useFactory: (database: Database, logger: Logger) => new PostgresLeadership(database, logger),
    },
  ],
  exports: [DATABASE, WORKER_SQL, PROJECTOR_DATABASE, TENANT_READS, LEADERSHIP],
})
export class PostgresModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DATABASES) private readonly databases: Databases,
    @Inject(LEADERSHIP) private readonly leadership: PostgresLeadership,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.register('postgres', async () => {
      await this.databases.worker.query({ text: 'SELECT 1' });
      return null;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.leadership.close();
    await this.databases.close();
  }
}
