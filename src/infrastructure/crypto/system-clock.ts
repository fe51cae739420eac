import type { Clock } from '../../application/ports/clock';

/**
 * The wall clock, which never goes back within a process: set back, time goes on from where it was at the pace of the
 * monotonic clock, until the wall clock has caught up. So times stay in order, and no interval comes out negative.
 */
export class SystemClock implements Clock {
  private lastMs = 0;

  constructor(
    private readonly wallMs: () => number = Date.now,
    private readonly monotonic: () => number = () => performance.now(),
    private lastMonotonicMs = monotonic(),
  ) {}

  now(): number {
    const monotonicMs = this.monotonic();
    const elapsedMs = Math.max(0, monotonicMs - this.lastMonotonicMs);
    const wallMs = Math.floor(this.wallMs());
    if (wallMs >= this.lastMs) {
      this.lastMs = wallMs;
      this.lastMonotonicMs = monotonicMs;
    } else if (elapsedMs >= 1) {
      // The wall clock was set back: time goes on from where it was, whole milliseconds at a time.
      const wholeMs = Math.floor(elapsedMs);
      this.lastMs += wholeMs;
      this.lastMonotonicMs += wholeMs;
    }
    return this.lastMs;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  monotonicMs(): number {
    return this.monotonic();
  }
}
