import type { Clock } from '../../application/ports/clock';
import type { Timer, Timers } from '../../application/ports/timers';
import { MicroBatch } from '../crypto/micro-batch';
import type { TimerTable } from './timer-table';

const MOST_IN_A_BATCH = 500;
/** Nobody looks on: what waits for an alarm is an event of a group that has many in hand. */
const PACE_MS = 50;

/** Alarms set at about the same time share one statement; the runner of this process hears of them at once. */
export class PostgresTimers implements Timers {
  private readonly inserts: MicroBatch<Timer, true>;
  private readonly moves: MicroBatch<Timer, true>;
  private readonly clears: MicroBatch<string, true>;
  private onSet: (dueInMs: number) => void = () => undefined;

  constructor(
    table: TimerTable,
    private readonly clock: Clock,
  ) {
    const each = async <T>(items: readonly T[], run: (items: readonly T[]) => Promise<void>): Promise<true[]> => {
      await run(items);
      return items.map(() => true);
    };
    this.inserts = new MicroBatch(
      (items) => each(items, (timers) => table.insert(timers, false)),
      MOST_IN_A_BATCH,
      PACE_MS,
    );
    this.moves = new MicroBatch(
      (items) => each(items, (timers) => table.insert(timers, true)),
      MOST_IN_A_BATCH,
      PACE_MS,
    );
    this.clears = new MicroBatch((items) => each(items, (ids) => table.clear(ids)), MOST_IN_A_BATCH, PACE_MS);
  }

  /** Told after each, in how many milliseconds it is due. */
  whenSet(listener: (dueInMs: number) => void): void {
    this.onSet = listener;
  }

  async set(timer: Timer, replace = false): Promise<void> {
    await (replace ? this.moves : this.inserts).add(timer);
    this.onSet(Date.parse(timer.dueAt) - this.clock.now());
  }

  async clear(messageId: string): Promise<void> {
    await this.clears.add(messageId);
  }
}
