import { Global, Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { TIMER_FEED, TIMERS } from '../../application/ports/timers';
import { DATABASE, type Database } from '../postgres/database';
import { PostgresTimers } from './postgres-timers';
import { TimerRunner } from './timer-runner';
import { TimerTable } from './timer-table';

/** Durable alarms. Whoever wants them handed out starts the feed and stops it. */
@Global()
@Module({
  providers: [
    {
      provide: TimerTable,
      inject: [DATABASE],
      useFactory: (database: Database) => new TimerTable(database),
    },
    {
      provide: TIMER_FEED,
      inject: [TimerTable, CLOCK, LOGGER],
      useFactory: (table: TimerTable, clock: Clock, logger: Logger) => new TimerRunner(table, clock, logger),
    },
    {
      provide: TIMERS,
      inject: [TimerTable, CLOCK, TIMER_FEED],
      useFactory: (table: TimerTable, clock: Clock, runner: TimerRunner) => {
        const timers = new PostgresTimers(table, clock);
        timers.whenSet((dueInMs) => runner.notice(dueInMs));
        return timers;
      },
    },
  ],
  exports: [TIMERS, TIMER_FEED],
})
export class TimersModule {}
