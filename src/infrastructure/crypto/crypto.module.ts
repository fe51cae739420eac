import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { SUBJECT_VAULT } from '../../application/ports/subject-vault';
import { ConfigurationError } from '../config/environment';
import { Readiness } from '../observability/readiness';
import { DATABASE, Database } from '../postgres/database';
import { CryptoIdSource } from './id-source';
import { PostgresSubjectVault } from './postgres-subject-vault';
import { SystemClock } from './system-clock';

/**
 * A wrong or missing master key is found before anything is served: every number and body would be unreadable.
 * @throws ConfigurationError
 */
async function openVault(
  database: Database,
  configuration: Configuration,
  ids: IdSource,
  logger: Logger,
): Promise<PostgresSubjectVault> {
  const vault = new PostgresSubjectVault(database, configuration, ids, logger.child({ part: 'subject-vault' }));
  const problems = await vault.problems();
  if (problems.length > 0) throw new ConfigurationError(problems);
  return vault;
}

/** Time, ids, and the keys of recipients. */
@Global()
@Module({
  providers: [
    { provide: CLOCK, useFactory: () => new SystemClock() },
    { provide: ID_SOURCE, useFactory: (clock: Clock) => new CryptoIdSource(clock), inject: [CLOCK] },
    { provide: PostgresSubjectVault, useFactory: openVault, inject: [DATABASE, CONFIGURATION, ID_SOURCE, LOGGER] },
    { provide: SUBJECT_VAULT, useExisting: PostgresSubjectVault },
  ],
  exports: [CLOCK, ID_SOURCE, PostgresSubjectVault, SUBJECT_VAULT],
})
export class CryptoModule implements OnModuleInit {
  constructor(
    @Inject(PostgresSubjectVault) private readonly vault: PostgresSubjectVault,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.register('master_keys', () => this.vault.doubt());
  }
}
