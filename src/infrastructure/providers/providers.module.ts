import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { REPORT_READERS } from '../../application/ports/delivery-reports';
import { EVENT_STORE, type EventStore } from '../../application/ports/event-store';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { PROVIDER_HEALTH } from '../../application/ports/provider-health';
import { SMS_GATEWAYS } from '../../application/ports/sms-gateway';
import { CircuitHealth } from '../../application/routing/circuit-health';
import { ProviderJournal } from '../../application/routing/provider-journal';
import { GatewayRegistry } from './gateway-registry';

/** The providers' accounts and their health in this process. */
@Global()
@Module({
  providers: [
    {
      provide: GatewayRegistry,
      inject: [CONFIGURATION],
      useFactory: (configuration: Configuration) => new GatewayRegistry(configuration),
    },
    { provide: SMS_GATEWAYS, useExisting: GatewayRegistry },
    { provide: REPORT_READERS, useExisting: GatewayRegistry },
    {
      provide: ProviderJournal,
      inject: [EVENT_STORE, ID_SOURCE, CLOCK, LOGGER],
      useFactory: (store: EventStore, ids: IdSource, clock: Clock, logger: Logger) =>
        new ProviderJournal(store, ids, clock, logger),
    },
    {
      provide: PROVIDER_HEALTH,
      inject: [GatewayRegistry, CLOCK, ProviderJournal, LOGGER],
      useFactory: (gateways: GatewayRegistry, clock: Clock, journal: ProviderJournal, logger: Logger) =>
        new CircuitHealth(gateways, clock, journal, logger),
    },
  ],
  exports: [SMS_GATEWAYS, REPORT_READERS, PROVIDER_HEALTH],
})
export class ProvidersModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(PROVIDER_HEALTH) private readonly health: CircuitHealth,
    private readonly journal: ProviderJournal,
    private readonly gateways: GatewayRegistry,
  ) {}

  /** While the event store is still there. */
  beforeApplicationShutdown(): Promise<void> {
    return this.journal.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    this.health.stop();
    await this.gateways.close();
  }
}
