/** Pauses that double up to a limit, each shortened by chance, so that those who failed together do not return together. */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly chance: () => number = Math.random,
  ) {}

  /** The next pause, between half and all of its length. Milliseconds. */
  nextMs(): number {
    const fullMs = Math.min(this.longestMs, this.firstMs * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    return fullMs * (0.5 + this.chance() / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
