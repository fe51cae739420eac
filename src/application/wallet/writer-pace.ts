/** For so long after a conflict another process is taken to be writing to this wallet. */
const CONTENDED_MS = 1_000;
/** How long a gap is, in times of one append: room for another's read and append. */
const GAP_APPENDS = 2;
const MAX_GAP_MS = 20;
/** Weight of the newest append in the smoothed time of one. */
const NEWEST = 0.2;

/**
 * When a wallet's writer stands aside for those of other processes. Whoever appends without a gap wins every race: the
 * others have to read after each conflict, and would lose until their deadlines. So a writer that a conflict has told that
 * it is not alone leaves about one gap after each append, unless it has been idle for so long; one that only ever wins
 * learns of the others by their turns. All times are monotonic milliseconds.
 */
export class WriterPace {
  private contendedUntil = 0;
  private lastAppendAt = 0;
  private appendMs = 1;

  appended(startedAt: number, now: number): void {
    this.lastAppendAt = now;
    this.appendMs += NEWEST * (now - startedAt - this.appendMs);
  }

  met(now: number): void {
    this.contendedUntil = now + CONTENDED_MS;
  }

  /** How long to wait before the next append; 0 or less: not at all. */
  pauseMs(now: number): number {
    if (now >= this.contendedUntil) return 0;
    const room = Math.min(MAX_GAP_MS, GAP_APPENDS * this.appendMs);
    return Math.random() * room - (now - this.lastAppendAt);
  }
}
