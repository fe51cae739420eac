import { Global, Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { SUBJECT_VAULT } from '../../application/ports/subject-vault';
import { DATABASE, Database } from '../postgres/database';
import { CryptoIdSource } from './id-source';
import { PostgresSubjectVault } from './postgres-subject-vault';
import { SystemClock } from './system-clock';

/** Time, ids, and the keys of recipients. */
@Global()
@Module({
  providers: [
    { provide: CLOCK, useFactory: () => new SystemClock() },
    { provide: ID_SOURCE, useFactory: (clock: Clock) => new CryptoIdSource(clock), inject: [CLOCK] },
    {
      provide: SUBJECT_VAULT,
      useFactory: (database: Database, configuration: Configuration, ids: IdSource, logger: Logger) =>
        new PostgresSubjectVault(database, configuration, ids, logger.child({ part: 'subject-vault' })),
      inject: [DATABASE, CONFIGURATION, ID_SOURCE, LOGGER],
    },
  ],
  exports: [CLOCK, ID_SOURCE, SUBJECT_VAULT],
})
export class CryptoModule {}
