import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { REPORT_DOOR, REPORT_READERS } from '../../application/ports/delivery-reports';
import { EVENT_STORE, type EventStore } from '../../application/ports/event-store';
import { HEALTH_SAMPLES, type HealthSamples } from '../../application/ports/health-samples';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { INBOUND_DOOR, INBOUND_READERS } from '../../application/ports/inbound-texts';
import { LEADERSHIP, type Leadership } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { PROVIDER_HEALTH } from '../../application/ports/provider-health';
import { SMS_GATEWAYS } from '../../application/ports/sms-gateway';
import { CircuitHealth } from '../../application/routing/circuit-health';
import { Circuits } from '../../application/routing/circuits';
import { HealthMonitor } from '../../application/routing/health-monitor';
import { ProviderFollower } from '../../application/routing/provider-follower';
import { ProviderJournal } from '../../application/routing/provider-journal';
import { GatewayRegistry } from './gateway-registry';

/** The providers' accounts and their health. */
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
    { provide: REPORT_DOOR, useExisting: GatewayRegistry },
    { provide: INBOUND_READERS, useExisting: GatewayRegistry },
    { provide: INBOUND_DOOR, useExisting: GatewayRegistry },
    {
      provide: ProviderJournal,
      inject: [EVENT_STORE, ID_SOURCE, CLOCK, LOGGER],
      useFactory: (store: EventStore, ids: IdSource, clock: Clock, logger: Logger) =>
        new ProviderJournal(store, ids, clock, logger),
    },
    {
      provide: Circuits,
      inject: [CLOCK, ProviderJournal],
      useFactory: (clock: Clock, journal: ProviderJournal) => new Circuits(clock, journal),
    },
    {
      provide: PROVIDER_HEALTH,
      inject: [Circuits, GatewayRegistry, HEALTH_SAMPLES, CLOCK, LOGGER],
      useFactory: (
        circuits: Circuits,
        gateways: GatewayRegistry,
        samples: HealthSamples,
        clock: Clock,
        logger: Logger,
      ) => new CircuitHealth(circuits, gateways, samples, clock, logger),
    },
    {
      provide: ProviderFollower,
      inject: [EVENT_STORE, Circuits, GatewayRegistry, LOGGER],
      useFactory: (store: EventStore, circuits: Circuits, gateways: GatewayRegistry, logger: Logger) =>
        new ProviderFollower(store, circuits, () => gateways.all(), logger),
    },
    {
      provide: HealthMonitor,
      inject: [
        ...[HEALTH_SAMPLES, GatewayRegistry, Circuits, ProviderFollower, ProviderJournal, LEADERSHIP, CLOCK, LOGGER],
        ...[METRICS, CONFIGURATION],
      ],
      useFactory: (
        samples: HealthSamples,
        gateways: GatewayRegistry,
        circuits: Circuits,
        follower: ProviderFollower,
        journal: ProviderJournal,
        leadership: Leadership,
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
        { routing }: Configuration,
      ) =>
        new HealthMonitor(
          {
            samples,
            gateways,
            circuits,
            follower,
            journal,
            leadership,
            clock,
            logger,
            observe: (provider, network, score) => metrics.providerScore(provider, network, score),
          },
          routing,
        ),
    },
  ],
  exports: [
    ...[GatewayRegistry, SMS_GATEWAYS, REPORT_READERS, REPORT_DOOR, INBOUND_READERS, INBOUND_DOOR, PROVIDER_HEALTH],
  ],
})
export class ProvidersModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    private readonly circuits: Circuits,
    private readonly follower: ProviderFollower,
    private readonly monitor: HealthMonitor,
    private readonly journal: ProviderJournal,
    private readonly gateways: GatewayRegistry,
  ) {}

  /** Only processes that pick tiers need to know how the providers are. */
  async onApplicationBootstrap(): Promise<void> {
    const { roles } = this.configuration;
    if (!roles.has('api') && !roles.has('dispatcher')) return;
    await this.follower.start();
    if (roles.has('dispatcher')) this.monitor.start();
  }

  /** While the event store is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.monitor.stop(), this.follower.stop()]);
    await this.journal.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    this.circuits.stop();
    await this.gateways.close();
  }
}
