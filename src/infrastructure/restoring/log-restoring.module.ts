import { Global, Module } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { EVENT_STORE, type EventStore } from '../../application/ports/event-store';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { RESTORED_LOG } from '../../application/ports/restored-log';
import { SUBSCRIPTIONS, type Subscriptions } from '../../application/ports/subscriptions';
import { LogMarks } from '../event-store/integrity/log-marks';
import { LogWatch } from '../event-store/integrity/log-watch';
import { DATABASE, PROJECTOR_DATABASE, type Database } from '../postgres/database';
import { ProjectionEngine } from '../projections/projection-engine';
import { PostgresRestoredLog } from './postgres-restored-log';

/** For the command line alone: what to do with a log that has lost something. */
@Global()
@Module({
  providers: [
    {
      provide: RESTORED_LOG,
      inject: [
        ...[LogWatch, LogMarks, SUBSCRIPTIONS, EVENT_STORE, DATABASE, PROJECTOR_DATABASE],
        ...[CONFIGURATION, ID_SOURCE, LOGGER, ProjectionEngine],
      ],
      useFactory: (
        watch: LogWatch,
        marks: LogMarks,
        subscriptions: Subscriptions,
        store: EventStore,
        worker: Database,
        projector: Database,
        configuration: Configuration,
        ids: IdSource,
        logger: Logger,
        engine: ProjectionEngine,
      ) => {
        const projections = (): string[] => engine.registered.map(({ name }) => name);
        const parts = {
          watch,
          marks,
          subscriptions,
          store,
          worker,
          projector,
          configuration,
          ids,
          logger,
          projections,
        };
        return new PostgresRestoredLog(parts);
      },
    },
  ],
  exports: [RESTORED_LOG],
})
export class LogRestoringModule {}
