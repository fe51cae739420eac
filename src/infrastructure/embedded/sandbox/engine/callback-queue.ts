import type { Owed, OwedEntry, OwedStore } from '../store/owed-store';
import type { Courier } from './courier';

const WINDOW = 256;
const CONCURRENCY = 32;
const GIVE_UP_AFTER_MS = 600_000;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000];
/** Reports due within this time go out together, which keeps the number of wake-ups low under load. */
const GRAIN_MS = 5;
/** From this many failures in a row on, one attempt at a time tries whether the application is back. */
const FAILURES_BEFORE_PAUSE = 8;
const PAUSES_MS = [250, 500, 1_000, 2_000];

/** How long to wait after attempt number `tries` (1 is the first) failed. */
export function backoffMs(tries: number): number {
  return BACKOFF_MS[Math.min(tries, BACKOFF_MS.length) - 1] ?? 0;
}

/**
 * Sends what one provider owes to the application: when due, by its courier, again until it is confirmed, for
 * ten minutes. What is owed stays in the store until then, so nothing is lost by a restart of either side; after a
 * restart of this one the last unconfirmed requests may go out twice, as they may from a real provider.
 */
export class CallbackQueue {
  /** Up to here the store has been read; whatever is added before this position goes to `ready` directly. */
  private position = { dueMs: 0, sequence: 0 };
  private ready: OwedEntry[] = [];
  private readonly held = new Set<number>();
  private readonly firstAttempts = new Map<number, () => void>();
  private readonly running = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private wakeAtMs = Number.POSITIVE_INFINITY;
  private failures = 0;
  private pausedUntilMs = 0;
  private stopped = false;

  constructor(
    private readonly provider: string,
    private readonly courier: Courier,
    private readonly store: OwedStore,
    private readonly onSent: (target: Owed['target']) => void,
    private readonly onGivenUp: (owed: Owed) => void,
  ) {}

  /** Takes up what an earlier run left. */
  start(): void {
    this.pump();
  }

  /** Tells of entries that are now committed. */
  notice(entries: readonly OwedEntry[]): void {
    let wakeAtMs = Number.POSITIVE_INFINITY;
    for (const entry of entries) {
      if (this.isBehind(entry)) {
        // Read past before this entry was committed: it would never be found again by position.
        if (this.held.has(entry.sequence) || !this.store.has(entry)) continue;
        this.hold(entry);
        wakeAtMs = 0;
      } else {
        wakeAtMs = Math.min(wakeAtMs, entry.owed.dueMs);
      }
    }
    if (wakeAtMs !== Number.POSITIVE_INFINITY) this.wake(wakeAtMs);
  }

  /** Resolves after the first attempt at this entry, successful or not. */
  firstAttempt(entry: OwedEntry): Promise<void> {
    return new Promise((resolve) => this.firstAttempts.set(entry.sequence, resolve));
  }

  /** Lets running attempts end; what is still owed stays in the store. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    for (const resolve of this.firstAttempts.values()) resolve();
    // Requests to an application that never answers are cut, not waited for.
    await this.courier.stop();
    await Promise.all(this.running);
  }

  private isBehind({ owed, sequence }: OwedEntry): boolean {
    const { dueMs, sequence: reached } = this.position;
    return owed.dueMs < dueMs || (owed.dueMs === dueMs && sequence <= reached);
  }

  private hold(entry: OwedEntry): void {
    this.held.add(entry.sequence);
    this.ready.push(entry);
  }

  private pump(): void {
    while (!this.stopped && this.running.size < this.room()) {
      if (this.ready.length === 0) this.load();
      const entry = this.ready.shift();
      if (entry === undefined) {
        const nextMs = this.store.nextDue(this.provider, this.position);
        if (nextMs !== null) this.wake(nextMs);
        return;
      }
      const attempt = this.attempt(entry).finally(() => {
        this.running.delete(attempt);
        this.pump();
      });
      this.running.add(attempt);
    }
  }

  private room(): number {
    if (this.failures < FAILURES_BEFORE_PAUSE) return CONCURRENCY;
    if (Date.now() >= this.pausedUntilMs) return 1;
    this.wake(this.pausedUntilMs);
    return 0;
  }

  private load(): void {
    const found = this.store.due(this.provider, this.position, Date.now(), WINDOW);
    for (const entry of found) {
      this.position = { dueMs: entry.owed.dueMs, sequence: entry.sequence };
      if (!this.held.has(entry.sequence)) this.hold(entry);
    }
  }

  private wake(atMs: number): void {
    if (this.stopped || atMs >= this.wakeAtMs) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.wakeAtMs = atMs;
    const waitMs = atMs === 0 ? 0 : Math.max(GRAIN_MS, atMs - Date.now());
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.wakeAtMs = Number.POSITIVE_INFINITY;
        this.pump();
      },
      Math.min(waitMs, 2_000_000_000),
    );
  }

  private async attempt(entry: OwedEntry): Promise<void> {
    const sent = await this.courier.send(entry.owed);
    this.firstAttempts.get(entry.sequence)?.();
    this.firstAttempts.delete(entry.sequence);
    if (this.stopped && !sent) return;
    const next = sent ? this.succeeded(entry.owed) : this.failed(entry.owed);
    const added = await this.store.replace(entry, next);
    this.held.delete(entry.sequence);
    if (added !== null) this.notice([added]);
  }

  private succeeded(owed: Owed): Owed | null {
    this.failures = 0;
    this.onSent(owed.target);
    const [step, ...then] = owed.then;
    if (step === undefined) return null;
    const dueMs = Date.now() + step.afterMs;
    return { ...step.request, provider: owed.provider, dueMs, sinceMs: dueMs, tries: 0, then };
  }

  private failed(owed: Owed): Owed | null {
    this.failures += 1;
    const pauses = this.failures - FAILURES_BEFORE_PAUSE;
    if (pauses >= 0) this.pausedUntilMs = Date.now() + (PAUSES_MS[Math.min(pauses, PAUSES_MS.length - 1)] ?? 0);
    const tries = owed.tries + 1;
    const dueMs = Date.now() + backoffMs(tries);
    if (dueMs > owed.sinceMs + GIVE_UP_AFTER_MS) {
      this.onGivenUp(owed);
      return null;
    }
    return { ...owed, dueMs, tries };
  }
}
