/** Answers that the figures are taken from: the newest ones, as many as EventStoreDB keeps. */
const WINDOW = 1000;
const PERCENTILES = [90, 95, 99, 99.5, 99.9];

/** A figure of `extraStatistics`: its name as EventStoreDB gives it, and a time in whole ms. */
export type Measurement = readonly [key: string, ms: number];

/** How long a consumer takes to answer its messages; kept for groups with `extraStatistics`. */
export class AnswerTimes {
  private readonly begun = new Map<string, number>();
  private readonly times: number[] = [];
  private oldest = 0;

  delivered(id: string, nowMs: number): void {
    this.begun.set(id, nowMs);
  }

  answered(id: string, nowMs: number): void {
    const since = this.begun.get(id);
    if (since === undefined) return;
    this.begun.delete(id);
    this.times[this.oldest] = Math.floor(nowMs - since);
    this.oldest = (this.oldest + 1) % WINDOW;
  }

  /** Empty until the first answer. */
  measurements(): Measurement[] {
    const sorted = [...this.times].sort((a, b) => a - b);
    const count = sorted.length;
    if (count === 0) return [];
    const at = (percent: number): number => sorted[Math.min(count - 1, Math.floor((percent * count) / 100))] as number;
    const mean = Math.floor(sorted.reduce((sum, ms) => sum + ms, 0) / count);
    return [
      ['Mean', mean],
      ['Median', at(50)],
      ['Fastest', at(0)],
      ...[0, 20, 40, 60, 80].map((percent, n): Measurement => [`Quintile ${n + 1}`, at(percent)]),
      ...PERCENTILES.map((percent): Measurement => [`${percent}%`, at(percent)]),
      ['Highest', at(100)],
    ];
  }
}
