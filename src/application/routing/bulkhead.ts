/** A place at one provider. */
export interface Slot {
  /** The call goes out now: from here on it is the provider who takes the time. */
  begin(): void;
  /** Gives the place back; a second call does nothing. */
  release(): void;
}

interface Waiter {
  readonly grant: (slot: Slot | null) => void;
  timer: NodeJS.Timeout;
}

/**
 * So many calls at once to one provider, others wait in turn. Where its slots do not move because the provider itself is
 * slow, nobody waits for it any more, so that it holds up nothing but its own calls; where it is we who are slow, waiting
 * is right: the next tier would not be quicker, only dearer.
 */
export class Bulkhead {
  private readonly calls = new Map<Slot, number | null>();
  private readonly waiting: Waiter[] = [];
  private stalled = false;

  constructor(
    private readonly slots: number,
    /** How long a place may take to come free while a call is as old as that. Milliseconds. */
    private readonly patienceMs: number,
    private readonly monotonicMs: () => number,
  ) {}

  /** Null where no place came free because the provider is slow. */
  acquire(): Promise<Slot | null> {
    if (this.calls.size < this.slots) return Promise.resolve(this.take());
    if (this.stalled) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiter: Waiter = { grant: resolve, timer: setTimeout(() => this.expire(waiter), this.patienceMs) };
      this.waiting.push(waiter);
    });
  }

  private expire(waiter: Waiter): void {
    if (!this.isSlow()) {
      waiter.timer = setTimeout(() => this.expire(waiter), this.patienceMs);
      return;
    }
    this.stalled = true;
    // What one has waited for in vain, the others need not wait for: they hold places of ours that other providers' calls want.
    for (const { grant, timer } of this.waiting.splice(0)) {
      clearTimeout(timer);
      grant(null);
    }
  }

  private isSlow(): boolean {
    const oldMs = this.monotonicMs() - this.patienceMs;
    for (const beganAtMs of this.calls.values()) if (beganAtMs !== null && beganAtMs <= oldMs) return true;
    return false;
  }

  private take(): Slot {
    const slot: Slot = {
      begin: () => {
        if (this.calls.has(slot)) this.calls.set(slot, this.monotonicMs());
      },
      release: () => {
        const beganAtMs = this.calls.get(slot);
        if (!this.calls.delete(slot)) return;
        // A place that came free because its call gave up at last says nothing better of the provider.
        const wasQuick = typeof beganAtMs === 'number' && this.monotonicMs() - beganAtMs < this.patienceMs;
        if (wasQuick) this.stalled = false;
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
