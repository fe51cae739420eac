import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { Everything } from '../../support/everything';
import { reserved } from '../../support/event-builders';
import type { AppendRefusal } from '../../support/cluster-node';
import { FakeCluster } from '../../support/fake-cluster';
import { StoreProcess } from '../../support/store-process';

jest.setTimeout(90_000);

describe('a cluster of three nodes', () => {
  let store: StoreProcess;
  let cluster: FakeCluster;
  let adapter: AdapterUnderTest;
  let prefix: string;

  beforeAll(async () => {
    store = await StoreProcess.start();
  });
  afterAll(() => store.remove());
  beforeEach(async () => {
    prefix = `wallet-cluster-${randomUUID()}-`;
    cluster = await FakeCluster.before(store.port);
    adapter = new AdapterUnderTest(cluster.url);
  });
  afterEach(async () => {
    await adapter.close();
    cluster.stop();
  });

  const begunAt = (index: number, method: string): number =>
    cluster.node(index).begun.filter((path) => path.endsWith(`/${method}`)).length;

  it('is entered by its leader, for whatever is asked', async () => {
    const everything = await Everything.over(adapter, prefix);
    await everything.untilAllGoOn();
    await everything.expectWhole();
    for (const other of [1, 2])
      for (const method of ['BatchAppend', 'Read', 'Create']) expect(begunAt(other, method)).toBe(0);
  });

  it.each<[AppendRefusal]>([['answer'], ['end_call']])(
    'changes its leader under load, appends refused by %s: appends, reads, feeds and groups follow within 10 s',
    async (refusal) => {
      cluster.appendRefusal = refusal;
      const everything = await Everything.over(adapter, prefix);
      await everything.untilAllGoOn();
      for (const next of [1, 2, 0]) {
        cluster.elect(next);
        const took = await everything.untilAllGoOn();
        process.stderr.write(`leader change (${refusal}), ms until it goes on: ${JSON.stringify(took)}\n`);
        for (const ms of Object.values(took)) expect(ms).toBeLessThan(10_000);
        expect(begunAt(next, 'BatchAppend')).toBeGreaterThan(0);
        await delay(1_100);
      }
      await everything.expectWhole();
    },
  );

  it('has no leader for a while: nothing is refused that was promised, and all goes on when there is one', async () => {
    const everything = await Everything.over(adapter, prefix);
    await everything.untilAllGoOn();
    cluster.elect(null);
    await delay(3_000);
    cluster.elect(2);
    const took = await everything.untilAllGoOn();
    process.stderr.write(`an election of 3 s, ms until it goes on: ${JSON.stringify(took)}\n`);
    for (const ms of Object.values(took)) expect(ms).toBeLessThan(10_000);
    await everything.expectWhole();
  });

  it('refuses, while it changes its leader, what it has written: it is sent again, and is one event', async () => {
    const stream = `${prefix}0`;
    await adapter.store.append(stream, 'no_stream', [reserved(0)]);
    const former = cluster.node(0);
    let forwarded = 0;
    // They are at the store, and the node that would pass their answers on has lost its place.
    former.onAppend = () => void (++forwarded === 40 && cluster.elect(1));
    const events = Array.from({ length: 200 }, (_, n) => reserved(n));
    const appends = events.map((event, n) =>
      adapter.store.append(`${prefix}many-${n}`, 'no_stream', [event], { deadlineMs: 10_000 }),
    );
    expect(await Promise.all(appends)).toEqual(events.map(() => 0n));
    for (const [n, { id }] of events.entries()) {
      expect((await adapter.store.readStream(`${prefix}many-${n}`)).map((one) => one.id)).toEqual([id]);
    }
    expect(former.refusedThoughWritten).toBeGreaterThan(0);
  });

  it('reads at a node that says not-leader: the read looks for the leader itself', async () => {
    const stream = `${prefix}0`;
    const event = reserved(0);
    await adapter.store.append(stream, 'no_stream', [event]);
    await delay(1_100);
    cluster.elect(1);
    expect((await adapter.store.readStream(stream)).map(({ id }) => id)).toEqual([event.id]);
    expect(begunAt(1, 'Read')).toBeGreaterThan(0);
  });

  describe('drops a consumer that is too slow', () => {
    it.each([
      ['with a reason', 'consumer-too-slow'],
      ['without one', null],
    ])(
      '%s: a feed resumes after the last batch that was handled, a group with what was not acknowledged',
      async (_n, exception) => {
        const ids: string[] = [];
        for (let n = 0; n < 120; n++) {
          const event = reserved(n);
          ids.push(event.id);
          await adapter.store.append(`${prefix}${n}`, 'no_stream', [event]);
        }
        const fed: string[] = [];
        const feed = adapter.subscriptions.catchUp({
          name: 'slow',
          from: null,
          streamPrefixes: [prefix],
          batchSize: 10,
          lingerMs: 2,
          onBatch: async (items) => {
            await delay(40);
            fed.push(...items.map(({ event }) => event.id));
          },
        });
        const worked: string[] = [];
        await adapter.subscriptions.worker({
          group: `slow-${prefix}`,
          streamPrefixes: [prefix],
          concurrency: 2,
          handle: async ({ id }) => {
            await delay(5);
            worked.push(id);
          },
        });
        for (const atLeast of [20, 60]) {
          await eventually(async () => fed.length >= atLeast, 10_000);
          cluster.node(0).drop(status.ABORTED, 'Subscription dropped: consumer too slow', exception);
        }
        await eventually(async () => feed.isLive() && new Set(worked).size === ids.length, 20_000);
        expect(fed).toEqual(ids);
        expect(begunAt(0, 'Read')).toBeGreaterThanOrEqual(3);
      },
    );
  });

  it('sends what it sent before: a feed hands it out once, and in order', async () => {
    const node = cluster.node(0);
    let last: Buffer | null = null;
    // Each answer twice, and the one before it once more.
    node.shape = (answer) => {
      const again = last === null ? [answer, answer] : [answer, last, answer];
      last = answer;
      return again;
    };
    const fed: string[] = [];
    adapter.subscriptions.catchUp({
      name: 'twice',
      from: null,
      streamPrefixes: [prefix],
      batchSize: 7,
      lingerMs: 20,
      onBatch: async (items) => void fed.push(...items.map(({ event }) => event.id)),
    });
    const ids: string[] = [];
    for (let n = 0; n < 60; n++) {
      const event = reserved(n);
      ids.push(event.id);
      await adapter.store.append(`${prefix}${n}`, 'no_stream', [event]);
      if (n === 30) node.drop(status.UNAVAILABLE, 'Connection dropped', null);
    }
    await eventually(async () => fed.length >= ids.length, 10_000);
    await delay(200);
    expect(fed).toEqual(ids);
  });

  it('sends a group’s event again while it is in hand: it is handled once', async () => {
    const node = cluster.node(0);
    node.shape = (answer) => [answer, answer];
    const handled: string[] = [];
    await adapter.subscriptions.worker({
      group: `twice-${prefix}`,
      streamPrefixes: [prefix],
      concurrency: 4,
      handle: async ({ id }) => {
        await delay(50);
        handled.push(id);
      },
    });
    const event = reserved(1);
    await adapter.store.append(`${prefix}0`, 'no_stream', [event]);
    await eventually(async () => handled.length > 0, 10_000);
    await delay(300);
    expect(handled).toEqual([event.id]);
  });
});
