import type { Clock } from '../../application/ports/clock';
import type { Logger } from '../../application/ports/logger';
import type { Timer, TimerFeed } from '../../application/ports/timers';
import { MicroBatch } from '../crypto/micro-batch';
import { LeaseLoop } from './lease-loop';
import type { LeasedTimer, TimerTable } from './timer-table';

/** Short: what a process that died had in hand waits for it. An alarm that goes off twice does no harm. */
const LEASE_MS = 15_000;
const RETRY_AFTER_MS = 5_000;
const MOST_REMOVED_AT_ONCE = 500;
const REMOVAL_PACE_MS = 20;
const LOOP = { name: 'timers', concurrency: 64, shortestPauseMs: 1_000, longestPauseMs: 5_000 };

/** Hands out alarms that are due; an alarm is deleted once its work is done, and comes again where it failed. */
export class TimerRunner implements TimerFeed {
  private readonly loop: LeaseLoop<LeasedTimer>;
  private readonly removals: MicroBatch<LeasedTimer, true>;

  constructor(
    private readonly table: TimerTable,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly retryAfterMs = RETRY_AFTER_MS,
  ) {
    this.loop = new LeaseLoop(
      { claim: (now, limit) => table.claim(now, LEASE_MS, limit), nextAt: () => table.nextAt() },
      clock,
      logger,
      LOOP,
    );
    this.removals = new MicroBatch(
      async (done) => {
        await table.remove(done);
        return done.map(() => true);
      },
      MOST_REMOVED_AT_ONCE,
      REMOVAL_PACE_MS,
    );
  }

  start(handle: (timer: Timer) => Promise<void>): void {
    this.loop.start((leased) => this.work(leased, handle));
  }

  /** An alarm was set that is due in so many milliseconds. */
  notice(dueInMs: number): void {
    this.loop.notice(dueInMs);
  }

  stop(drainMs: number): Promise<void> {
    return this.loop.stop(drainMs);
  }

  private async work(leased: LeasedTimer, handle: (timer: Timer) => Promise<void>): Promise<void> {
    const { messageId, purpose } = leased.timer;
    try {
      await handle(leased.timer);
      await this.removals.add(leased);
    } catch (error) {
      this.logger.warn({ err: error, messageId, purpose }, 'an alarm was not handled and will come again');
      await this.release(leased);
      this.loop.notice(this.retryAfterMs);
    }
  }

  private async release(leased: LeasedTimer): Promise<void> {
    try {
      await this.table.release(leased, new Date(this.clock.now()), this.retryAfterMs);
    } catch (error) {
      this.logger.warn({ err: error, messageId: leased.timer.messageId }, 'an alarm waits for its lease to end');
    }
  }
}
