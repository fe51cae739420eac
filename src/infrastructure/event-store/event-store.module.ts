import { setTimeout as delay } from 'node:timers/promises';
import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { EVENT_STORE } from '../../application/ports/event-store';
import { UNCHECKED_STORE } from '../../application/ports/restored-log';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { SNAPSHOTS } from '../../application/ports/snapshots';
import { STREAM_ITEMS, SUBSCRIPTIONS } from '../../application/ports/subscriptions';
import { Readiness } from '../observability/readiness';
import { DATABASE, Database } from '../postgres/database';
import { ConnectionSource, GENERATION_OF_SUBSCRIPTIONS, GENERATION_OF_WRITES } from './connection/connection-source';
import { EventStoreAdapter } from './event-store-adapter';
import { LogIntegrity } from './integrity/log-integrity';
import { LogMarks } from './integrity/log-marks';
import { LogWatch } from './integrity/log-watch';
import { PostgresSnapshots } from './postgres-snapshots';
import { EventCodec } from './registry/event-codec';
import { eventRegistry } from './registry/event-registry';
import { SubscriptionsAdapter } from './subscriptions-adapter';

const WRITES = Symbol('ConnectionForWrites');

const partLogger = (logger: Logger): Logger => logger.child({ part: 'event-store' });

/** How long a start waits for the store before it goes on without having looked at the log. Nothing is written until then. */
const FIRST_LOOK_WITHIN_MS = 5_000;

/**
 * The event store. Both adapters are closed at the very end of the shutdown, subscriptions first; whoever owns a feed or a
 * worker stops it earlier, in `beforeApplicationShutdown`, while appends still work.
 */
@Global()
@Module({
  providers: [
    { provide: EventCodec, useFactory: () => new EventCodec(eventRegistry) },
    {
      provide: LogIntegrity,
      useFactory: (logger: Logger, metrics: Metrics) => new LogIntegrity(partLogger(logger), metrics, true),
      inject: [LOGGER, METRICS],
    },
    {
      provide: WRITES,
      useFactory: (configuration: Configuration, logger: Logger) =>
        new ConnectionSource(configuration.eventStoreUrl, partLogger(logger), GENERATION_OF_WRITES),
      inject: [CONFIGURATION, LOGGER],
    },
    { provide: LogMarks, useFactory: (database: Database) => new LogMarks(database), inject: [DATABASE] },
    {
      provide: LogWatch,
      useFactory: (connections: ConnectionSource, marks: LogMarks, integrity: LogIntegrity, logger: Logger) =>
        new LogWatch(connections, marks, integrity, partLogger(logger)),
      inject: [WRITES, LogMarks, LogIntegrity, LOGGER],
    },
    {
      provide: EVENT_STORE,
      useFactory: (connections: ConnectionSource, codec: EventCodec, metrics: Metrics, integrity: LogIntegrity) =>
        new EventStoreAdapter(connections, codec, metrics, integrity),
      inject: [WRITES, EventCodec, METRICS, LogIntegrity],
    },
    { provide: STREAM_ITEMS, useExisting: EVENT_STORE },
    {
      provide: UNCHECKED_STORE,
      useFactory: (store: EventStoreAdapter) => store.unchecked(),
      inject: [EVENT_STORE],
    },
    {
      provide: SUBSCRIPTIONS,
      useFactory: (
        configuration: Configuration,
        codec: EventCodec,
        metrics: Metrics,
        integrity: LogIntegrity,
        parent: Logger,
      ) => {
        const logger = partLogger(parent);
        const connections = new ConnectionSource(configuration.eventStoreUrl, logger, GENERATION_OF_SUBSCRIPTIONS);
        return new SubscriptionsAdapter({ connections, codec, metrics, logger, integrity });
      },
      inject: [CONFIGURATION, EventCodec, METRICS, LogIntegrity, LOGGER],
    },
    {
      provide: SNAPSHOTS,
      useFactory: (database: Database) => new PostgresSnapshots(database),
      inject: [DATABASE],
    },
  ],
  exports: [EVENT_STORE, STREAM_ITEMS, UNCHECKED_STORE, SUBSCRIPTIONS, SNAPSHOTS, LogIntegrity, LogMarks, LogWatch],
})
export class EventStoreModule implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStoreAdapter,
    @Inject(SUBSCRIPTIONS) private readonly subscriptions: SubscriptionsAdapter,
    @Inject(LogIntegrity) private readonly integrity: LogIntegrity,
    @Inject(LogWatch) private readonly watch: LogWatch,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** Before anything is written: has the log all that the read models were made from? */
  async onModuleInit(): Promise<void> {
    this.readiness.register('event_log', () => {
      const { mismatch, isVerified } = this.integrity;
      if (mismatch !== null) return `${mismatch.detail} Found: ${mismatch.found}.`;
      return isVerified ? null : 'not yet held against the read models';
    });
    await Promise.race([this.watch.start(), delay(FIRST_LOOK_WITHIN_MS, undefined, { ref: false })]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.watch.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.subscriptions.close();
    this.store.close();
  }
}
