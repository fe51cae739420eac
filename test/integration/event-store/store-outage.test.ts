import { randomUUID } from 'node:crypto';
import { StoreUnavailable, WrongExpectedRevision } from '../../../src/application/ports/event-store';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { reserved } from '../../support/event-builders';
import { StoreProcess } from '../../support/store-process';

jest.setTimeout(60_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('an outage of the event store', () => {
  let store: StoreProcess;
  let adapter: AdapterUnderTest;
  let prefix: string;

  beforeAll(async () => {
    store = await StoreProcess.start();
  });
  afterAll(() => store.remove());
  beforeEach(() => {
    prefix = `wallet-outage-${randomUUID()}-`;
    adapter = new AdapterUnderTest(store.url);
  });
  afterEach(() => adapter.close());

  it('killed amid appends and started again: writing within five seconds, nothing lost, nothing doubled, all heard', async () => {
    const acknowledged = new Map<string, string[]>();
    const unknown = new Set<string>();
    const fed: string[] = [];
    const worked: string[] = [];
    const feed = adapter.subscriptions.catchUp({
      name: 'outage',
      from: null,
      streamPrefixes: [prefix],
      batchSize: 100,
      lingerMs: 2,
      onBatch: async (items) => void fed.push(...items.map(({ event }) => event.id)),
    });
    const worker = await adapter.subscriptions.worker({
      group: `outage-${prefix}`,
      streamPrefixes: [prefix],
      concurrency: 8,
      handle: async ({ id }) => void worked.push(id),
    });
    let going = true;
    let restartedAtMs = Infinity;
    let firstAgainMs: number | null = null;
    /** Appends to a stream of its own, each at the exact revision that it believes in, as a wallet's writer does. */
    const writer = async (name: string): Promise<void> => {
      const ids: string[] = [];
      acknowledged.set(name, ids);
      let revision: bigint | 'no_stream' = 'no_stream';
      for (let n = 0; going; n++) {
        const event = reserved(n);
        try {
          revision = await adapter.store.append(name, revision, [event], { deadlineMs: 15_000 });
          ids.push(event.id);
          if (performance.now() > restartedAtMs) firstAgainMs ??= performance.now() - restartedAtMs;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          unknown.add(event.id);
          return;
        }
      }
    };
    const writers = Array.from({ length: 16 }, (_, n) => writer(`${prefix}${n}`));
    await pause(500);
    await store.kill();
    await pause(1_500);
    expect(firstAgainMs).toBeNull();
    await store.run();
    restartedAtMs = performance.now();
    await eventually(async () => firstAgainMs !== null, 5_000);
    await pause(500);
    going = false;
    await Promise.all(writers);

    expect(firstAgainMs ?? Infinity).toBeLessThan(5_000);
    expect(unknown.size).toBe(0);
    let total = 0;
    for (const [name, ids] of acknowledged) {
      const stored = await adapter.store.readStream(name);
      expect(stored.map(({ id }) => id)).toEqual(ids);
      total += ids.length;
    }
    expect(total).toBeGreaterThan(32);
    await eventually(async () => fed.length >= total && new Set(worked).size >= total, 10_000);
    expect(fed).toHaveLength(total);
    expect(new Set(fed).size).toBe(total);
    expect(feed.isLive()).toBe(true);
    expect(worker.isConnected()).toBe(true);
  });

  it('frozen: appends end at their deadline as unknown; when it goes on, the same append is one event', async () => {
    const stream = `${prefix}frozen`;
    await adapter.store.append(stream, 'no_stream', [reserved(0)]);
    store.freeze();
    const event = reserved(1);
    const startedAtMs = performance.now();
    const error: unknown = await adapter.store.append(stream, 0n, [event]).catch((thrown: unknown) => thrown);
    const tookMs = performance.now() - startedAtMs;
    expect(error).toMatchObject({ name: 'StoreUnavailable', outcome: 'unknown' });
    expect(tookMs).toBeGreaterThan(1_500);
    expect(tookMs).toBeLessThan(3_000);
    store.thaw();
    // What was sent before may be written now; the same append again is success all the same.
    expect(await adapter.store.append(stream, 0n, [event], { deadlineMs: 5_000 })).toBe(1n);
    await expect(adapter.store.append(stream, 0n, [reserved(2)])).rejects.toThrow(WrongExpectedRevision);
    expect((await adapter.store.readStream(stream)).map(({ id }) => id)).toContain(event.id);
    expect(await adapter.store.readStream(stream)).toHaveLength(2);
  });

  it('frozen for a moment in the middle of many appends: they are all there once', async () => {
    const appended = Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        adapter.store.append(`${prefix}moment-${n}`, 'no_stream', [reserved(n)], { deadlineMs: 10_000 }),
      ),
    );
    await pause(5);
    store.freeze();
    await pause(2_500);
    store.thaw();
    expect(await appended).toEqual(Array.from({ length: 100 }, () => 0n));
    for (let n = 0; n < 100; n++) expect(await adapter.store.readStream(`${prefix}moment-${n}`)).toHaveLength(1);
  });

  it('frozen while a feed listens: it hears what came meanwhile', async () => {
    const seen: string[] = [];
    const feed = adapter.subscriptions.catchUp({
      name: 'frozen',
      from: null,
      streamPrefixes: [prefix],
      batchSize: 10,
      lingerMs: 2,
      onBatch: async (items) => void seen.push(...items.map(({ event }) => event.stream)),
    });
    await eventually(async () => feed.isLive(), 5_000);
    store.freeze();
    await pause(1_000);
    store.thaw();
    await adapter.store.append(`${prefix}after`, 'no_stream', [reserved(1)], { deadlineMs: 5_000 });
    await eventually(async () => seen.includes(`${prefix}after`), 5_000);
  });

  it('not there at the start: the first append waits no longer than its deadline', async () => {
    await store.kill();
    const late = new AdapterUnderTest(store.url);
    await expect(
      late.store.append(`${prefix}late`, 'no_stream', [reserved(1)], { deadlineMs: 500 }),
    ).rejects.toMatchObject({
      name: 'StoreUnavailable',
      outcome: 'none',
    });
    await expect(late.store.readStream(`${prefix}late`)).rejects.toThrow(StoreUnavailable);
    await store.run();
    expect(await late.store.append(`${prefix}late`, 'no_stream', [reserved(1)], { deadlineMs: 5_000 })).toBe(0n);
    await late.close();
  });
});
