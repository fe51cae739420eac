const BAR = 28;
const LINE_EVERY_MS = 2_000;

/** What is told of work that goes on. */
export interface ProgressState {
  /** 0 to 1. */
  readonly share: number;
  /** Done so far. */
  readonly events: number;
}

/** Shows how far a piece of work is, on stderr: a bar that redraws itself on a terminal, else a line now and then. */
export class ProgressBar {
  private readonly startedAtMs = performance.now();
  private saidAtMs = -Infinity;

  constructor(
    private readonly title: string,
    private readonly out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
  ) {}

  show({ share, events }: ProgressState): void {
    const now = performance.now();
    const isOver = share >= 1;
    if (!this.out.isTTY && now - this.saidAtMs < LINE_EVERY_MS && !isOver) return;
    this.saidAtMs = now;
    const seconds = (now - this.startedAtMs) / 1_000;
    const rate = seconds > 0 ? Math.round(events / seconds) : 0;
    const done = Math.floor(share * 100);
    const count = `${events.toLocaleString('en')} events, ${rate.toLocaleString('en')}/s`;
    if (!this.out.isTTY) {
      this.out.write(`${this.title} ${done} %, ${count}\n`);
      return;
    }
    const filled = Math.floor(share * BAR);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
    this.out.write(`\r\u001b[2K${this.title} ${bar} ${String(done).padStart(3)} %  ${count}${isOver ? '\n' : ''}`);
  }
}
