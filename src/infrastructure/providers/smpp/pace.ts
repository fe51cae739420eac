/** The first pause after the provider said that it is too much; each further one in a row is twice as long. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The rate comes back by this share of the full one with each message that is taken. */
const RECOVERY = 0.01;

interface Waiter {
  readonly untilMs: number;
  readonly resolve: (ticket: Ticket | null) => void;
}

/** Leave to send one message; it is given back with what came of it. */
export interface Ticket {
  done(answer: 'taken' | 'throttled' | 'other'): void;
}

/**
 * How many submissions may be without an answer, and how many a second may go. When the provider says that it is too much,
 * the rate is halved after a pause, and comes back slowly.
 */
export class Pace {
  private readonly waiters: Waiter[] = [];
  private open = 0;
  private rate: number;
  private tokens = 1;
  private filledAtMs: number;
  private pauseMs = 0;
  private pausedUntilMs = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly window: number,
    private readonly fullRate: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.rate = fullRate;
    this.filledAtMs = now();
  }

  /** Milliseconds until messages go again; 0 while they do. */
  pausedForMs(): number {
    return Math.max(0, this.pausedUntilMs - this.now());
  }

  /** Null where there is no room within that time. */
  enter(withinMs: number): Promise<Ticket | null> {
    if (this.pausedForMs() > withinMs) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiters.push({ untilMs: this.now() + withinMs, resolve });
      this.pump();
    });
  }

  /** Sends away whoever waits. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    for (const { resolve } of this.waiters.splice(0)) resolve(null);
  }

  private pump(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const nowMs = this.now();
    this.fill(nowMs);
    while (this.waiters.length > 0 && this.open < this.window && this.tokens >= 1 && nowMs >= this.pausedUntilMs) {
      this.tokens -= 1;
      this.open += 1;
      this.waiters.shift()?.resolve(this.ticket(nowMs));
    }
    while (this.waiters[0] !== undefined && this.waiters[0].untilMs <= nowMs) this.waiters.shift()?.resolve(null);
    const [first] = this.waiters;
    if (first === undefined) return;
    const full = this.open >= this.window;
    const tokenAtMs = full ? first.untilMs : nowMs + ((1 - this.tokens) * 1000) / this.rate;
    const wakeAtMs = Math.min(first.untilMs, Math.max(tokenAtMs, this.pausedUntilMs));
    this.timer = setTimeout(() => this.pump(), Math.max(1, wakeAtMs - nowMs));
  }

  private fill(nowMs: number): void {
    // A tenth of a second's worth may go at once, so that a late timer costs no throughput.
    const most = Math.max(1, this.rate / 10);
    this.tokens = Math.min(most, this.tokens + ((nowMs - this.filledAtMs) / 1000) * this.rate);
    this.filledAtMs = nowMs;
  }

  private ticket(startedMs: number): Ticket {
    let held = true;
    return {
      done: (answer) => {
        if (!held) return;
        held = false;
        this.open -= 1;
        if (answer === 'throttled') this.throttled(startedMs);
        else if (answer === 'taken') this.taken(startedMs);
        this.pump();
      },
    };
  }

  /** What was under way when the pause began says nothing new. */
  private throttled(startedMs: number): void {
    if (startedMs < this.pausedUntilMs) return;
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs === 0 ? FIRST_PAUSE_MS : this.pauseMs * 2);
    this.pausedUntilMs = this.now() + this.pauseMs;
    this.rate = Math.max(1, this.rate / 2);
    this.tokens = 0;
  }

  private taken(startedMs: number): void {
    if (startedMs < this.pausedUntilMs) return;
    this.pauseMs = 0;
    this.rate = Math.min(this.fullRate, this.rate + this.fullRate * RECOVERY);
  }
}
