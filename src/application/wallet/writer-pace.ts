/** For so long after a conflict another process is taken to be writing to this wallet. */
const CONTENDED_MS = 1_000;
/** After so long without a gap between its appends a writer leaves one, though it has met nobody. */
const GAP_EVERY_MS = 300;
/** How long a gap is, in times of one append: room for another's read and append. */
const GAP_APPENDS = 2;
const MAX_GAP_MS = 20;
/** Weight of the newest append in the smoothed time of one. */
const NEWEST = 0.2;

/**
 * When a wallet's writer stands aside for those of other processes. Whoever appends without a gap wins every race: the
 * others have to read after each conflict, and would lose until their deadlines. The winner cannot see that, so it leaves
 * a gap now and then, and about one after each append once a conflict has told it that it is not alone. A writer that
 * has been idle for a moment has left its gap already and goes at once. All times are monotonic milliseconds.
 */
export class WriterPace {
  private contendedUntil = 0;
  private lastGapAt = 0;
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
    const room = Math.min(MAX_GAP_MS, GAP_APPENDS * this.appendMs);
    const gapMs = now - this.lastAppendAt;
    if (gapMs >= room) this.lastGapAt = now;
    if (now < this.contendedUntil) return Math.random() * room - gapMs;
    if (now - this.lastGapAt < GAP_EVERY_MS) return 0;
    this.lastGapAt = now;
    return room - gapMs;
  }
}
