import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable } from '../../src/application/ports/event-store';
import type { CatchUpSubscription, Worker } from '../../src/application/ports/subscriptions';
import type { AdapterUnderTest } from './adapter';
import { eventually } from './eventually';
import { reserved } from './event-builders';

/** All that the program does with a store, without end, and what came of it. */
export class Everything {
  readonly acknowledged = new Map<string, string[]>();
  readonly fed: string[] = [];
  readonly worked: string[] = [];
  readonly readMs: number[] = [];
  readonly feed: CatchUpSubscription;
  private going = true;
  private readonly loops: Promise<void>[];

  private constructor(
    private readonly adapter: AdapterUnderTest,
    prefix: string,
    readonly worker: Worker,
  ) {
    this.feed = adapter.subscriptions.catchUp({
      name: 'everything',
      from: null,
      streamPrefixes: [prefix],
      batchSize: 50,
      lingerMs: 2,
      onBatch: async (items) => void this.fed.push(...items.map(({ event }) => event.id)),
    });
    this.loops = [...Array.from({ length: 8 }, (_, n) => this.write(`${prefix}${n}`)), this.read(`${prefix}0`)];
  }

  static async over(adapter: AdapterUnderTest, prefix: string): Promise<Everything> {
    const worked: string[] = [];
    const worker = await adapter.subscriptions.worker({
      group: `everything-${prefix}`,
      streamPrefixes: [prefix],
      concurrency: 8,
      handle: async ({ id }) => void worked.push(id),
    });
    const everything = new Everything(adapter, prefix, worker);
    Object.assign(everything, { worked });
    return everything;
  }

  get written(): string[] {
    return [...this.acknowledged.values()].flat();
  }

  /** Milliseconds until each of the four has done something that was begun after now. */
  async untilAllGoOn(): Promise<Record<'append' | 'read' | 'feed' | 'worker', number>> {
    const startedAt = performance.now();
    const [writes, reads] = [this.written.length, this.readMs.length];
    const after = async (condition: () => boolean): Promise<number> => {
      while (!condition()) {
        if (performance.now() - startedAt > 20_000) return Infinity;
        await delay(10);
      }
      return Math.round(performance.now() - startedAt);
    };
    // A feed or a group goes on when it hands out what was written after they began to look.
    const append = await after(() => this.written.length > writes + 8);
    const read = await after(() => this.readMs.length > reads + 1);
    const last = this.written.slice(-1)[0] ?? '';
    const [feed, worker] = await Promise.all([
      after(() => this.fed.includes(last)),
      after(() => this.worked.includes(last)),
    ]);
    return { append, read, feed, worker };
  }

  /** Nothing lost, nothing doubled, nothing out of order: in the streams, in the feed, and (there at least once) in the group. */
  async expectWhole(): Promise<void> {
    this.going = false;
    await Promise.all(this.loops);
    for (const [stream, ids] of this.acknowledged) {
      expect((await this.adapter.store.readStream(stream)).map(({ id }) => id)).toEqual(ids);
    }
    const { written } = this;
    await eventually(
      async () => this.fed.length >= written.length && new Set(this.worked).size >= written.length,
      // What was in the hands of a connection that died silently comes again when the server has noticed: 10 to 20 s.
      30_000,
    );
    expect(this.fed).toHaveLength(written.length);
    expect(new Set(this.fed)).toEqual(new Set(written));
    expect(new Set(this.worked)).toEqual(new Set(written));
  }

  /** As a wallet's writer: at the exact revision that it believes in; a conflict would be a double. */
  private async write(stream: string): Promise<void> {
    const ids: string[] = [];
    this.acknowledged.set(stream, ids);
    let revision: bigint | 'no_stream' = 'no_stream';
    for (let n = 0; this.going; n++) {
      const event = reserved(n);
      revision = await this.adapter.store.append(stream, revision, [event], { deadlineMs: 20_000 });
      ids.push(event.id);
      await delay(2);
    }
  }

  private async read(stream: string): Promise<void> {
    while (this.going) {
      const startedAt = performance.now();
      try {
        await this.adapter.store.readStream(stream, 0n, 10);
        this.readMs.push(performance.now() - startedAt);
      } catch (error) {
        // While nobody leads for long, a reader is told so.
        if (!(error instanceof StoreUnavailable)) throw error;
      }
      await delay(20);
    }
  }
}
