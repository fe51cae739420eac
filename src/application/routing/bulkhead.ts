import { PassingMap } from '../../domain/shared/passing-map';

/** A place at one provider. */
export interface Slot {
  /** The call goes out now: from here on it is the provider who takes the time. */
  begin(): void;
  /** Gives the place back; a second call does nothing. */
  release(): void;
}

interface Waiter {
  readonly grant: (slot: Slot | null) => void;
  dueAtMs: number;
  timer: NodeJS.Timeout;
}

/** A call that has taken so many times what calls usually take is a slow one, but never before this. */
const SLOW_TIMES = 5;
const SOONEST_SLOW_MS = 100;
/** The share of the newest call in what is usual. */
const NEWEST_SHARE = 0.1;

/**
 * So many calls at once to one provider, others wait in turn. Where its slots do not move because the provider itself is
 * slow, nobody waits for it any more, so that it holds up nothing but its own calls; where it is we who are slow, waiting
 * is right: the next tier would not be quicker, only dearer. What is slow is told by how long its calls usually take, since
 * whoever waits holds a place of this process that other providers' messages want.
 */
export class Bulkhead {
  private readonly calls = new PassingMap<Slot, number | null>();
  private readonly waiting: Waiter[] = [];
  private stalled = false;
  private usualMs: number;

  constructor(
    private readonly slots: number,
    /** How long a place may take, at most, to come free while a call is as old as that. Milliseconds. */
    private readonly patienceMs: number,
    private readonly monotonicMs: () => number,
  ) {
    this.usualMs = patienceMs;
  }

  /** Null where no place came free because the provider is slow. */
  acquire(): Promise<Slot | null> {
    if (this.calls.size < this.slots) return Promise.resolve(this.take());
    if (this.stalled) return Promise.resolve(null);
    return new Promise((resolve) => {
      const patienceMs = this.patience();
      const timer = setTimeout(() => this.expire(waiter), patienceMs);
      const waiter: Waiter = { grant: resolve, dueAtMs: this.monotonicMs() + patienceMs, timer };
      this.waiting.push(waiter);
    });
  }

  private patience(): number {
    return Math.min(this.patienceMs, Math.max(SOONEST_SLOW_MS, SLOW_TIMES * this.usualMs));
  }

  private expire(waiter: Waiter): void {
    const nowMs = this.monotonicMs();
    const patienceMs = this.patience();
    // A timer that rings late tells of ourselves: answers may lie there that nobody has read.
    const leftMs = nowMs - waiter.dueAtMs > patienceMs / 2 ? patienceMs : this.oldestBeganAtMs() + patienceMs - nowMs;
    if (leftMs > 0) {
      const againMs = Math.min(patienceMs, Math.ceil(leftMs));
      waiter.dueAtMs = nowMs + againMs;
      waiter.timer = setTimeout(() => this.expire(waiter), againMs);
      return;
    }
    this.stalled = true;
    // What one has waited for in vain, the others need not wait for: they hold places of ours that other providers' calls want.
    for (const { grant, timer } of this.waiting.splice(0)) {
      clearTimeout(timer);
      grant(null);
    }
  }

  /** Infinity where none has begun. */
  private oldestBeganAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const beganAtMs of this.calls.values()) if (beganAtMs !== null && beganAtMs < oldest) oldest = beganAtMs;
    return oldest;
  }

  /** @returns whether it says something good of the provider. */
  private ended(beganAtMs: number | null | undefined): boolean {
    if (typeof beganAtMs !== 'number') return false;
    const tookMs = this.monotonicMs() - beganAtMs;
    this.usualMs += (tookMs - this.usualMs) * NEWEST_SHARE;
    // A place that came free because its call gave up at last says nothing better of it.
    return tookMs < this.patienceMs;
  }

  private take(): Slot {
    const slot: Slot = {
      begin: () => {
        if (this.calls.has(slot)) this.calls.set(slot, this.monotonicMs());
      },
      release: () => {
        const beganAtMs = this.calls.get(slot);
        if (!this.calls.delete(slot)) return;
        if (this.ended(beganAtMs)) this.stalled = false;
        const next = this.waiting.shift();
        if (next === undefined) return;
        clearTimeout(next.timer);
        next.grant(this.take());
      },
    };
    this.calls.set(slot, null);
    return slot;
  }
}

/** A bulkhead a provider, made when first asked for. */
export class Bulkheads {
  private readonly byProvider = new Map<string, Bulkhead>();

  constructor(
    private readonly slots: number,
    private readonly patienceMs: number,
    private readonly monotonicMs: () => number,
  ) {}

  acquire(provider: string): Promise<Slot | null> {
    let bulkhead = this.byProvider.get(provider);
    if (bulkhead === undefined) {
      bulkhead = new Bulkhead(this.slots, this.patienceMs, this.monotonicMs);
      this.byProvider.set(provider, bulkhead);
    }
    return bulkhead.acquire();
  }
}
