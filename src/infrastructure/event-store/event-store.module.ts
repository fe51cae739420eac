import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { EVENT_STORE } from '../../application/ports/event-store';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { SNAPSHOTS } from '../../application/ports/snapshots';
import { SUBSCRIPTIONS } from '../../application/ports/subscriptions';
import { DATABASE, Database } from '../postgres/database';
import { ConnectionSource, GENERATION_OF_SUBSCRIPTIONS, GENERATION_OF_WRITES } from './connection/connection-source';
import { EventStoreAdapter } from './event-store-adapter';
import { PostgresSnapshots } from './postgres-snapshots';
import { EventCodec } from './registry/event-codec';
import { eventRegistry } from './registry/event-registry';
import { SubscriptionsAdapter } from './subscriptions-adapter';

const partLogger = (logger: Logger): Logger => logger.child({ part: 'event-store' });

/**
 * The event store. Both adapters are closed at the very end of the shutdown, subscriptions first; whoever owns a feed or a
 * worker stops it earlier, in `beforeApplicationShutdown`, while appends still work.
 */
@Global()
@Module({
  providers: [
    { provide: EventCodec, useFactory: () => new EventCodec(eventRegistry) },
    {
      provide: EVENT_STORE,
      useFactory: (configuration: Configuration, codec: EventCodec, metrics: Metrics, logger: Logger) => {
        const connections = new ConnectionSource(configuration.eventStoreUrl, partLogger(logger), GENERATION_OF_WRITES);
        return new EventStoreAdapter(connections, codec, metrics);
      },
      inject: [CONFIGURATION, EventCodec, METRICS, LOGGER],
    },
    {
      provide: SUBSCRIPTIONS,
      useFactory: (configuration: Configuration, codec: EventCodec, metrics: Metrics, logger: Logger) => {
        const connections = new ConnectionSource(
          configuration.eventStoreUrl,
          partLogger(logger),
          GENERATION_OF_SUBSCRIPTIONS,
        );
        return new SubscriptionsAdapter({ connections, codec, metrics, logger: partLogger(logger) });
      },
      inject: [CONFIGURATION, EventCodec, METRICS, LOGGER],
    },
    {
      provide: SNAPSHOTS,
      useFactory: (database: Database) => new PostgresSnapshots(database),
      inject: [DATABASE],
    },
  ],
  exports: [EVENT_STORE, SUBSCRIPTIONS, SNAPSHOTS],
})
export class EventStoreModule implements OnApplicationShutdown {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStoreAdapter,
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: SubscriptionsAdapter,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.subscriptions.close();
    this.store.close();
  }
}
