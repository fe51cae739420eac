const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/**
 * One Ctrl-C reaches the launcher twice when npm started it: from the terminal and once more from npm. What comes within
 * this time of the first is the same one.
 */
export const SAME_PRESS_MS = 1_000;

/** Listens for the wish to stop, and for the wish to stop at once. */
export class StopSignals {
  /** Settles at the first wish. */
  readonly first: Promise<void>;
  private firstAt: number | undefined;
  private readonly handler: () => void;

  /** @param insisted called at a later wish. */
  constructor(insisted: () => void) {
    let resolve!: () => void;
    this.first = new Promise((settle) => (resolve = settle));
    this.handler = () => {
      const now = performance.now();
      if (this.firstAt === undefined) {
        this.firstAt = now;
        resolve();
      } else if (now - this.firstAt > SAME_PRESS_MS) insisted();
    };
    for (const signal of STOPPING) process.on(signal, this.handler);
  }

  get stopping(): boolean {
    return this.firstAt !== undefined;
  }

  release(): void {
    for (const signal of STOPPING) process.off(signal, this.handler);
  }
}
