import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AuditQueriesModule } from './application/audit/audit-queries.module';
import { BatchModule } from './application/batch/batch.module';
import { CustomerModule } from './application/customer/customer.module';
import { FraudModule } from './application/fraud/fraud.module';
import { InboundModule } from './application/inbound/inbound.module';
import { InboundWorkerModule } from './application/inbound/inbound-worker.module';
import { MessageModule } from './application/message/message.module';
import { OptOutModule } from './application/opt-out/opt-out.module';
import { SagasModule } from './application/sagas/sagas.module';
import type { Configuration } from './application/ports/configuration';
import { WalletQueriesModule } from './application/wallet/wallet-queries.module';
import { WalletModule } from './application/wallet/wallet.module';
import { AuditModule } from './infrastructure/audit/audit.module';
import { ConfigModule } from './infrastructure/config/config.module';
import { CryptoModule } from './infrastructure/crypto/crypto.module';
import { CustomerDirectoryModule } from './infrastructure/customer-directory/customer-directory.module';
import { EventStoreModule } from './infrastructure/event-store/event-store.module';
import { HttpModule } from './infrastructure/http/http.module';
import { NumberingModule } from './infrastructure/numbering/numbering.module';
import { ObservabilityModule } from './infrastructure/observability/observability.module';
import { PostgresModule } from './infrastructure/postgres/postgres.module';
import { ErasureModule } from './infrastructure/privacy/erasure.module';
import { ProjectionEngineModule } from './infrastructure/projections/projection-engine.module';
import { ProvidersModule } from './infrastructure/providers/providers.module';
import { ParkedTextsModule } from './infrastructure/receipts/parked-texts.module';
import { ReceiptsModule } from './infrastructure/receipts/receipts.module';
import { WalletReadsModule } from './infrastructure/projections/wallet-reads.module';
import { RedisModule } from './infrastructure/redis/redis.module';
import { TimersModule } from './infrastructure/timers/timers.module';
import { ProjectionsModule } from './projections/projections.module';

/** The composition root: the one file that sees every layer. What a process does of it is decided by its roles. */
@Module({})
export class AppModule {
  static of(configuration: Configuration): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CqrsModule.forRoot(),
        ConfigModule.of(configuration),
        ObservabilityModule,
        PostgresModule,
        EventStoreModule,
        CryptoModule,
        AuditModule,
        ErasureModule,
        NumberingModule,
        RedisModule,
        CustomerDirectoryModule,
        ProjectionEngineModule,
        ProjectionsModule,
        WalletReadsModule,
        ProvidersModule,
        TimersModule,
        ReceiptsModule,
        ParkedTextsModule,
        WalletModule,
        WalletQueriesModule,
        CustomerModule,
        FraudModule,
        OptOutModule,
        MessageModule,
        BatchModule,
        InboundModule,
        AuditQueriesModule,
        SagasModule,
        InboundWorkerModule,
        HttpModule.for(configuration),
      ],
    };
  }
}
