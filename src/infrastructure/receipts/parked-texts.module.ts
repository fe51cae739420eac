import { Global, Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { PARKED_TEXTS } from '../../application/ports/parked-texts';
import { PostgresSubjectVault } from '../crypto/postgres-subject-vault';
import { DATABASE, type Database } from '../postgres/database';
import { GatewayRegistry } from '../providers/gateway-registry';
import { InboundTable } from './inbound-table';
import { PostgresParkedTexts } from './postgres-parked-texts';
import { ReportSeal } from './report-seal';

/** For operators. Accounts of its own, which only read: no connection is made. */
@Global()
@Module({
  providers: [
    {
      provide: PARKED_TEXTS,
      inject: [DATABASE, PostgresSubjectVault, CONFIGURATION, CLOCK],
      useFactory: (database: Database, vault: PostgresSubjectVault, configuration: Configuration, clock: Clock) =>
        new PostgresParkedTexts(
          ...([new InboundTable(database), new ReportSeal(vault, 'inbound')] as const),
          ...([new GatewayRegistry(configuration), clock] as const),
        ),
    },
  ],
  exports: [PARKED_TEXTS],
})
export class ParkedTextsModule {}
