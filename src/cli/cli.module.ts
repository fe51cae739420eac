import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CustomerModule } from '../application/customer/customer.module';
import { FraudModule } from '../application/fraud/fraud.module';
import { OptOutModule } from '../application/opt-out/opt-out.module';
import { InboundModule } from '../application/inbound/inbound.module';
import { LOGGER, type Logger } from '../application/ports/logger';
import { METRICS } from '../application/ports/metrics';
import { CONFIGURATION, type Configuration } from '../application/ports/configuration';
import { WRITER_TURNS } from '../application/ports/writer-turns';
import { PrivacyModule } from '../application/privacy/privacy.module';
import { RestoringModule } from '../application/restoring/restoring.module';
import { WalletModule } from '../application/wallet/wallet.module';
import { ConfigModule } from '../infrastructure/config/config.module';
import { CryptoModule } from '../infrastructure/crypto/crypto.module';
import { CustomerDirectoryModule } from '../infrastructure/customer-directory/customer-directory.module';
import { EventStoreModule } from '../infrastructure/event-store/event-store.module';
import { NumberingModule } from '../infrastructure/numbering/numbering.module';
import { PinoLogger } from '../infrastructure/observability/pino-logger';
import { PrometheusMetrics } from '../infrastructure/observability/prometheus-metrics';
import { Readiness } from '../infrastructure/observability/readiness';
import { PostgresModule } from '../infrastructure/postgres/postgres.module';
import { ErasureModule } from '../infrastructure/privacy/erasure.module';
import { ProjectionEngineModule } from '../infrastructure/projections/projection-engine.module';
import { ParkedTextsModule } from '../infrastructure/receipts/parked-texts.module';
import { TurnsOnDemand } from '../infrastructure/redis/turns-on-demand';
import { LogRestoringModule } from '../infrastructure/restoring/log-restoring.module';
import { ProjectionsModule } from '../projections/projections.module';

/** What goes wrong is logged to the error stream: the output belongs to the command's answer. */
@Global()
@Module({
  providers: [
    { provide: LOGGER, useFactory: () => PinoLogger.to(process.stderr, 'error') },
    PrometheusMetrics,
    { provide: METRICS, useExisting: PrometheusMetrics },
    Readiness,
  ],
  exports: [LOGGER, METRICS, PrometheusMetrics, Readiness],
})
class CliObservabilityModule {}

/** A command that writes to a busy wallet gets its turn like any other process. */
@Global()
@Module({
  providers: [
    {
      provide: WRITER_TURNS,
      inject: [CONFIGURATION, LOGGER],
      useFactory: ({ redisUrl }: Configuration, logger: Logger) => new TurnsOnDemand(redisUrl, logger),
    },
  ],
  exports: [WRITER_TURNS],
})
class CliTurnsModule {}

/** The same use cases as the API's, without its workers and without HTTP. */
@Module({})
export class CliModule {
  /** @param configuration its roles are left out: this process runs no worker. */
  static of(configuration: Configuration): DynamicModule {
    return {
      module: CliModule,
      imports: [
        ConfigModule.of({ ...configuration, roles: new Set() }),
        CliObservabilityModule,
        CliTurnsModule,
        CryptoModule,
        PostgresModule,
        EventStoreModule,
        NumberingModule,
        ProjectionEngineModule,
        ProjectionsModule,
        CustomerDirectoryModule,
        ErasureModule,
        ParkedTextsModule,
        CqrsModule.forRoot(),
        CustomerModule,
        FraudModule,
        OptOutModule,
        InboundModule,
        WalletModule,
        PrivacyModule,
        LogRestoringModule,
        RestoringModule,
      ],
    };
  }
}
