import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../../../src/application/ports/event-store';
import type { Worker, WorkerOptions } from '../../../src/application/ports/subscriptions';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { reserved } from '../../support/event-builders';
import { testEventStoreUrl } from '../../support/services';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a worker', () => {
  let adapter: AdapterUnderTest;
  let official: EventStoreDBClient;
  let prefix: string;
  let group: string;
  let workers: Worker[];

  beforeAll(() => {
    adapter = new AdapterUnderTest(testEventStoreUrl());
    official = EventStoreDBClient.connectionString(testEventStoreUrl());
  });
  afterAll(async () => {
    await adapter.close();
    await official.dispose();
  });
  beforeEach(() => {
    const run = randomUUID();
    prefix = `wallet-work-${run}-`;
    group = `work-${run}`;
    workers = [];
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop(1_000)));
    await official.deletePersistentSubscriptionToAll(group);
  });

  const write = async (count: number, from = 0): Promise<void> => {
    await Promise.all(
      Array.from({ length: count }, (_, n) => adapter.store.append(`${prefix}${from + n}`, 'no_stream', [reserved(n)])),
    );
  };
  const open = async (over: Partial<WorkerOptions> & Pick<WorkerOptions, 'handle'>): Promise<Worker> => {
    const worker = await adapter.subscriptions.worker({ group, streamPrefixes: [prefix], concurrency: 16, ...over });
    workers.push(worker);
    return worker;
  };
  const parked = async (): Promise<bigint> =>
    (await official.getPersistentSubscriptionToAllInfo(group)).stats.parkedMessageCount;

  it('handles each event once, from the start of the log and live, no more at once than allowed', async () => {
    await write(60);
    const seen: string[] = [];
    let now = 0;
    let most = 0;
    const worker = await open({
      concurrency: 4,
      handle: async ({ stream }) => {
        most = Math.max(most, ++now);
        await pause(2);
        seen.push(stream);
        now--;
      },
    });
    await eventually(async () => seen.length === 60, 10_000);
    await write(40, 100);
    await eventually(async () => seen.length === 100, 10_000);
    expect(new Set(seen).size).toBe(100);
    expect(most).toBe(4);
    expect(worker.isConnected()).toBe(true);
    expect(worker.inFlight()).toBe(0);
  });

  it('leaves the group where it is, and what was acknowledged does not come again', async () => {
    await adapter.subscriptions.ensureGroups([{ group, streamPrefixes: [prefix] }]);
    await adapter.subscriptions.ensureGroups([{ group, streamPrefixes: [prefix] }]);
    await write(20);
    const first: string[] = [];
    let finished: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (finished = resolve));
    const worker = await open({
      handle: async ({ stream }) => {
        if (first.push(stream) === 20) finished();
      },
    });
    await all;
    // Now the last acknowledgements wait for company: stopping must not lose them.
    await new Promise((resolve) => setImmediate(resolve));
    await worker.stop(1_000);
    expect(worker.isConnected()).toBe(false);
    const second: string[] = [];
    await open({ handle: async ({ stream }) => void second.push(stream) });
    await write(5, 100);
    await eventually(async () => second.length >= 5, 10_000);
    await pause(200);
    expect(second.filter((stream) => first.includes(stream))).toEqual([]);
  });

  it('gets an event again when it was not handled, counted, and the others meanwhile', async () => {
    await write(10);
    const tries: number[] = [];
    const handled = new Set<string>();
    await open({
      concurrency: 1,
      handle: async ({ stream }, retryCount) => {
        if (stream === `${prefix}3`) {
          tries.push(retryCount);
          if (tries.length < 3) throw new Error('the provider does not answer');
        }
        handled.add(stream);
      },
    });
    await eventually(async () => handled.size === 10, 10_000);
    expect(tries).toEqual([0, 1, 2]);
    expect(await parked()).toBe(0n);
  });

  it('shares the work with another consumer', async () => {
    const byOne: string[] = [];
    const byTwo: string[] = [];
    const other = new AdapterUnderTest(testEventStoreUrl());
    await open({ handle: async ({ stream }) => void byOne.push(stream) });
    const second = await other.subscriptions.worker({
      group,
      streamPrefixes: [prefix],
      concurrency: 16,
      handle: async ({ stream }) => void byTwo.push(stream),
    });
    await eventually(async () => second.isConnected() && (workers[0]?.isConnected() ?? false), 5_000);
    await write(100);
    await eventually(async () => byOne.length + byTwo.length === 100, 10_000);
    expect(new Set([...byOne, ...byTwo]).size).toBe(100);
    expect(byOne.length).toBeGreaterThan(10);
    expect(byTwo.length).toBeGreaterThan(10);
    await other.close();
  });

  it('finishes what it has in hand when it is stopped; the rest goes to another', async () => {
    await write(10);
    const begun: string[] = [];
    const ended: string[] = [];
    const worker = await open({
      concurrency: 2,
      handle: async ({ stream }) => {
        begun.push(stream);
        await pause(200);
        ended.push(stream);
      },
    });
    await eventually(async () => begun.length === 2, 5_000);
    await worker.stop(2_000);
    expect(ended).toEqual(begun);
    const rest: RecordedEvent[] = [];
    await open({ handle: async (event) => void rest.push(event) });
    await eventually(async () => rest.length >= 8, 10_000);
    await pause(300);
    expect(rest.map(({ stream }) => stream).filter((stream) => ended.includes(stream))).toEqual([]);
  });

  it('does not wait for ever for what it has in hand', async () => {
    await write(1);
    let begun = false;
    const worker = await open({
      handle: () => {
        begun = true;
        return new Promise(() => undefined);
      },
    });
    await eventually(async () => begun, 5_000);
    const startedAtMs = performance.now();
    await worker.stop(200);
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
  });

  it('parks an event that is damaged, at once', async () => {
    await official.appendToStream(`${prefix}damaged`, jsonEvent({ type: 'FundsReserved', data: { amount: 'much' } }));
    await write(1);
    const seen: string[] = [];
    await open({ handle: async ({ stream }) => void seen.push(stream) });
    await eventually(async () => (await parked()) === 1n && seen.length === 1, 10_000);
    expect(adapter.metrics.undecodables).toContain(`${group} corrupt`);
  });

  it('is done with what it does not handle, but not with what only a newer version knows', async () => {
    const newer = {
      schema: 99,
      $correlationId: 'c',
      $causationId: 'c',
      customerId: null,
      at: '2026-01-01T00:00:00.000Z',
    };
    const actor = { kind: 'system', id: 'test' };
    await official.appendToStream(
      `${prefix}newer`,
      jsonEvent({ type: 'FundsReserved', data: {}, metadata: { ...newer, actor } }),
    );
    await official.appendToStream(`${prefix}unknown`, jsonEvent({ type: 'MadeTomorrow', data: {} }));
    await write(3);
    const seen: string[] = [];
    const idle = await open({ handles: ['WalletCredited'], handle: async ({ stream }) => void seen.push(stream) });
    const leftToOthers = (): string[] => adapter.metrics.undecodables.filter((one) => one.startsWith(group));
    await eventually(async () => new Set(leftToOthers()).size === 2, 10_000);
    await pause(200);
    await idle.stop(1_000);
    expect(new Set(leftToOthers())).toEqual(new Set([`${group} newer_version`, `${group} unknown_type`]));
    await open({ handle: async ({ stream }) => void seen.push(stream) });
    await write(2, 10);
    await eventually(async () => seen.length >= 2, 10_000);
    await pause(300);
    expect(seen.sort()).toEqual([`${prefix}10`, `${prefix}11`]);
  });

  it('makes its group anew when someone deletes it', async () => {
    await write(3);
    const seen: string[] = [];
    const worker = await open({ handle: async ({ stream }) => void seen.push(stream) });
    await eventually(async () => seen.length === 3, 5_000);
    await official.deletePersistentSubscriptionToAll(group);
    await eventually(async () => seen.length === 6 && worker.isConnected(), 10_000);
  });
});
