/** How often a child may be started again: this many times in this window, each time after a longer pause. */
export const RESTARTS_IN_WINDOW = 5;
export const WINDOW_MS = 60_000;
export const PAUSES_MS: readonly number[] = [0, 250, 500, 1_000, 2_000];

/** Counts one child's restarts in a sliding window. Times are milliseconds of any clock that never goes back. */
export class RestartBudget {
  private readonly taken: number[] = [];

  constructor(private readonly pausesMs: readonly number[] = PAUSES_MS) {}

  /** The pause in milliseconds before the next start, or undefined where the budget is used up. */
  take(nowMs: number): number | undefined {
    while (this.taken[0] !== undefined && this.taken[0] <= nowMs - WINDOW_MS) this.taken.shift();
    if (this.taken.length >= RESTARTS_IN_WINDOW) return undefined;
    const pause = this.pausesMs[this.taken.length] ?? 0;
    this.taken.push(nowMs);
    return pause;
  }
}
