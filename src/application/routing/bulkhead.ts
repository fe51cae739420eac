/** Gives the slot back; a second call does nothing. */
export type Release = () => void;

interface Waiter {
  readonly grant: (release: Release | null) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * So many calls at once to one provider, others wait a moment in turn. A provider whose slots have not moved for that
 * moment is stalled: then nobody waits for it, so that it holds up nothing but its own calls.
 */
export class Bulkhead {
  private taken = 0;
  private stalled = false;
  private readonly waiting: Waiter[] = [];

  constructor(
    private readonly slots: number,
    private readonly waitMs: number,
  ) {}

  /** Null where no slot came free in time. */
  acquire(): Promise<Release | null> {
    if (this.taken < this.slots) return Promise.resolve(this.take());
    if (this.stalled) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.stalled = true;
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        resolve(null);
      }, this.waitMs);
      const waiter: Waiter = { grant: resolve, timer };
      this.waiting.push(waiter);
    });
  }

  private take(): Release {
    this.taken++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.taken--;
      this.stalled = false;
      const next = this.waiting.shift();
      if (next === undefined) return;
      clearTimeout(next.timer);
      next.grant(this.take());
    };
  }
}

/** A bulkhead a provider, made when first asked for. */
export class Bulkheads {
  private readonly byProvider = new Map<string, Bulkhead>();

  constructor(
    private readonly slots: number,
    private readonly waitMs: number,
  ) {}

  acquire(provider: string): Promise<Release | null> {
    let bulkhead = this.byProvider.get(provider);
    if (bulkhead === undefined) {
      bulkhead = new Bulkhead(this.slots, this.waitMs);
      this.byProvider.set(provider, bulkhead);
    }
    return bulkhead.acquire();
  }
}
