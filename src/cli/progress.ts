const EVERY_MS = 100;

/** One line on the error stream that is written over and over, on a terminal only: the output belongs to the answer. */
export class Progress {
  private shownAtMs = 0;
  private width = 0;
  private readonly isShown = process.stderr.isTTY === true;

  show(line: string): void {
    const nowMs = performance.now();
    if (!this.isShown || nowMs - this.shownAtMs < EVERY_MS) return;
    this.shownAtMs = nowMs;
    process.stderr.write(`\r${line.padEnd(this.width)}`);
    this.width = line.length;
  }

  /** Takes the line away. */
  end(): void {
    if (this.width > 0) process.stderr.write(`\r${' '.repeat(this.width)}\r`);
    this.width = 0;
  }
}
