/** Most batches under way at once; what comes meanwhile goes together into the next. */
const MOST_UNDER_WAY = 2;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts calls that come at about the same time into one: the first goes at the end of this turn of the event loop, later ones
 * while others are under way wait for them. `run` gives one result an item, in the same order; if it fails, all of them fail.
 * With `paceMs`, a batch goes no sooner than that after one of several items: under load fewer and fuller batches cost less,
 * and a call that comes alone waits for nobody. Milliseconds.
 */
export class MicroBatch<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private scheduled = false;
  /** Monotonic milliseconds. */
  private notBeforeMs = 0;

  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly mostItems: number,
    private readonly paceMs = 0,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.underWay >= MOST_UNDER_WAY || this.waiting.length === 0) return;
    this.scheduled = true;
    const begin = (): void => {
      this.scheduled = false;
      void this.flush();
    };
    const earlyByMs = this.notBeforeMs - performance.now();
    if (earlyByMs > 0) setTimeout(begin, earlyByMs);
    else setImmediate(begin);
  }

  private async flush(): Promise<void> {
    const batch = this.waiting.splice(0, this.mostItems);
    this.notBeforeMs = batch.length > 1 ? performance.now() + this.paceMs : 0;
    this.underWay += 1;
    try {
      const results = await this.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('a batch gave fewer results than it was given items'));
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.underWay -= 1;
      this.schedule();
    }
  }
}
