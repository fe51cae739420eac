import type { Clock } from '../../application/ports/clock';
import type { Logger } from '../../application/ports/logger';
import { PassingMap } from '../../domain/shared/passing-map';

/** A table whose rows come due, and are worked on under a lease. */
export interface LeasedTable<Item> {
  /** Leases what is due and free, at most `limit`. */
  claim(now: Date, limit: number): Promise<Item[]>;
  /** When the next one may be claimed; null: none is there. One cheap indexed query. */
  nextAt(): Promise<Date | null>;
}

export interface LoopSettings {
  /** For logs. */
  readonly name: string;
  /** Items worked on at once. */
  readonly concurrency: number;
  /** Between two looks at the table. Milliseconds. */
  readonly shortestPauseMs: number;
  /** Without anything known to be due: what a process that died has left is found this late. Milliseconds. */
  readonly longestPauseMs: number;
}

/**
 * Sleeps until the next row is due or somebody gives notice of an earlier one, and looks at most once in
 * `shortestPauseMs`. Items may also be handed over directly, already leased.
 */
export class LeaseLoop<Item> {
  private readonly running = new PassingMap<Promise<void>, true>();
  private readonly handedOver: Item[] = [];
  private work: ((item: Item) => Promise<void>) | null = null;
  private alarm: NodeJS.Timeout | null = null;
  private wakeAtMs = Number.POSITIVE_INFINITY;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | null = null;
  private lookAgain = false;
  private stopping = false;

  constructor(
    private readonly table: LeasedTable<Item>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly settings: LoopSettings,
  ) {}

  /** `work` sees to its own failures. */
  start(work: (item: Item) => Promise<void>): void {
    this.work = work;
    this.notice(0);
  }

  isRunning(): boolean {
    return this.work !== null && !this.stopping;
  }

  /** Items handed over that have not begun. */
  waiting(): number {
    return this.handedOver.length;
  }

  handOver(item: Item): void {
    this.handedOver.push(item);
    this.next();
  }

  /** Something is due in so many milliseconds. */
  notice(dueInMs: number): void {
    if (!this.isRunning()) return;
    const now = this.clock.monotonicMs();
    const { shortestPauseMs, longestPauseMs } = this.settings;
    const soonest = this.lookedAtMs + shortestPauseMs;
    const atMs = Math.max(now + Math.min(Math.max(dueInMs, 0), longestPauseMs), soonest);
    if (atMs >= this.wakeAtMs) return;
    if (this.alarm !== null) clearTimeout(this.alarm);
    this.wakeAtMs = atMs;
    // One more millisecond, so that what is due then is due and not a hair's breadth away.
    this.alarm = setTimeout(() => this.begin(), atMs - now + 1);
  }

  /** Takes no more, and waits at most so long for what is in hand. What is left keeps its lease until that ends. */
  async stop(drainMs: number): Promise<void> {
    this.stopping = true;
    this.handedOver.length = 0;
    if (this.alarm !== null) clearTimeout(this.alarm);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([Promise.allSettled([this.looking, ...this.running.keys()]), patience]);
    clearTimeout(timer);
  }

  private begin(): void {
    this.alarm = null;
    this.wakeAtMs = Number.POSITIVE_INFINITY;
    if (this.stopping) return;
    if (this.looking !== null) {
      this.lookAgain = true;
      return;
    }
    this.lookedAtMs = this.clock.monotonicMs();
    this.looking = this.look().then((nextInMs) => {
      this.looking = null;
      this.notice(this.lookAgain ? 0 : nextInMs);
      this.lookAgain = false;
    });
  }

  /** @returns milliseconds until something may be due again. */
  private async look(): Promise<number> {
    try {
      for (;;) {
        const free = this.settings.concurrency - this.running.size;
        if (free <= 0) {
          // What is due is late already: no pause while there is more than can be done at once.
          await Promise.race(this.running.keys());
          continue;
        }
        const items = await this.table.claim(new Date(this.clock.now()), free);
        for (const item of items) this.run(item);
        if (items.length < free || this.stopping) break;
      }
      const next = await this.table.nextAt();
      return next === null ? this.settings.longestPauseMs : next.getTime() - this.clock.now();
    } catch (error) {
      this.logger.warn({ err: error, loop: this.settings.name }, 'what is due could not be read');
      return this.settings.longestPauseMs;
    }
  }

  private next(): void {
    while (this.running.size < this.settings.concurrency) {
      const item = this.handedOver.shift();
      if (item === undefined) return;
      this.run(item);
    }
  }

  private run(item: Item): void {
    const { work } = this;
    if (work === null) return;
    const running = work(item)
      .catch((error: unknown) => {
        this.logger.error({ err: error, loop: this.settings.name }, 'work that sees to its own failures failed');
      })
      .finally(() => {
        this.running.delete(running);
        if (!this.stopping) this.next();
      });
    this.running.set(running, true);
  }
}
