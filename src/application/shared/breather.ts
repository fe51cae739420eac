import type { Clock } from '../ports/clock';

/** How long one piece of work may hold the event loop. */
const SHARE_MS = 4;

/** For work of many small steps: asked between two of them, it lets everybody else have a turn once its share is used up. */
export class Breather {
  private since: number;

  constructor(private readonly clock: Clock) {
    this.since = clock.monotonicMs();
  }

  async breathe(): Promise<void> {
    if (this.clock.monotonicMs() - this.since < SHARE_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.since = this.clock.monotonicMs();
  }
}
