import type { Clock } from '../ports/clock';
import type { WriterTurns } from '../ports/writer-turns';

/** How often the winner of the races asks whether somebody else wants to write. */
const LOOK_EVERY_MS = 15;
/** How long a turn is respected. */
const LONGEST_TURN_MS = 1_000;
const ASK_AGAIN_MS = 15;

/**
 * One wallet's writer among those of other processes. A writer on a slow process would lose every race against one on a
 * quick process until its commands' deadlines, and the winner cannot see that: so the loser claims a turn, and the winner,
 * which asks between its appends and never waits for the answer, lets it write.
 */
export class WriterTurn {
  private holds = false;
  private heldUntil = 0;
  private others = false;
  private nextLookAt = 0;
  private lastWonAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stream: string,
    private readonly turns: WriterTurns,
    private readonly clock: Clock,
  ) {}

  /** An append met another's. Whoever still loses when its turn is over claims the next one. */
  async lost(): Promise<void> {
    const now = this.clock.monotonicMs();
    if (this.holds && now < this.heldUntil) return;
    this.holds = await this.turns.claim(this.stream);
    this.heldUntil = now + LONGEST_TURN_MS;
    this.others = !this.holds;
  }

  /**
   * An append was taken. Only a writer that begins the next one in less time than one takes keeps others out, and has to look.
   * @param startedAt of the append, monotonic milliseconds.
   */
  won(startedAt: number): void {
    const now = this.clock.monotonicMs();
    const goesOn = startedAt - this.lastWonAt < now - startedAt;
    this.lastWonAt = now;
    if (this.holds) {
      this.holds = false;
      void this.turns.release(this.stream);
      return;
    }
    if (!goesOn || now < this.nextLookAt) return;
    this.nextLookAt = now + LOOK_EVERY_MS;
    void this.turns.isAnothers(this.stream).then((others) => {
      this.others = others;
    });
  }

  /** Stands aside while another has the turn. @returns whether it did, so that what is known may be old. */
  async standAside(): Promise<boolean> {
    if (!this.others || this.holds) return false;
    const until = this.clock.monotonicMs() + LONGEST_TURN_MS;
    while (this.others && this.clock.monotonicMs() < until) {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      this.others = await this.turns.isAnothers(this.stream);
    }
    this.others = false;
    return true;
  }
}
