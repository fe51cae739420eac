import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { StoreUnavailable } from '../../../src/application/ports/event-store';
import { Connection } from '../../../src/infrastructure/event-store/connection/connection';
import { ConnectionSource } from '../../../src/infrastructure/event-store/connection/connection-source';
import { SilenceWatch } from '../../../src/infrastructure/event-store/connection/silence-watch';
import { EventCodec } from '../../../src/infrastructure/event-store/registry/event-codec';
import { eventRegistry } from '../../../src/infrastructure/event-store/registry/event-registry';
import { CatchUpFeed } from '../../../src/infrastructure/event-store/subscriptions/catch-up-feed';
import { subscribeToAllRequest } from '../../../src/infrastructure/event-store/wire/read-request';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { credited, reserved } from '../../support/event-builders';
import { StoreProcess } from '../../support/store-process';
import { TcpProxy } from '../../support/tcp-proxy';

jest.setTimeout(60_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const elapsedMs = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
};

describe('the line to the event store', () => {
  let store: StoreProcess;
  let proxy: TcpProxy;
  let through: AdapterUnderTest;
  let direct: AdapterUnderTest;
  let streams = 0;
  let stream: string;

  beforeAll(async () => {
    store = await StoreProcess.start();
    direct = new AdapterUnderTest(store.url);
  });
  afterAll(async () => {
    await direct.close();
    await store.remove();
  });
  beforeEach(async () => {
    stream = `wallet-line-${++streams}`;
    proxy = await TcpProxy.to('127.0.0.1', store.port);
    through = new AdapterUnderTest(`esdb://127.0.0.1:${proxy.port}?tls=false`);
    await through.store.append(`${stream}-warm`, 'no_stream', [reserved(0)]);
  });
  afterEach(async () => {
    await through.close();
    await proxy.close();
  });

  it('loses the answer to an append that was written: it is sent again, and is one event', async () => {
    proxy.mode = 'hold_answers';
    const event = reserved(1);
    const appended = through.store.append(stream, 'no_stream', [event], { deadlineMs: 5_000 });
    await eventually(async () => (await direct.store.readStream(stream)).length === 1, 5_000);
    const before = proxy.accepted;
    proxy.dropHeld();
    // Only new connections work from here on: the one in use stays dumb for ever.
    proxy.stuckForEver();
    expect(await appended).toBe(0n);
    expect(proxy.accepted).toBeGreaterThan(before);
    const stored = await direct.store.readStream(stream);
    expect(stored.map(({ id }) => id)).toEqual([event.id]);
    expect(await through.store.append(stream, 0n, [reserved(2)])).toBe(1n);
  });

  it('goes dead altogether: each append ends at its deadline, saying that it may have been written', async () => {
    proxy.mode = 'black_hole';
    let error: unknown;
    const took = await elapsedMs(async () => {
      error = await through.store
        .append(stream, 'no_stream', [reserved(1)], { deadlineMs: 1_500 })
        .catch((thrown: unknown) => thrown);
    });
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ outcome: 'unknown' });
    expect(took).toBeGreaterThan(1_200);
    expect(took).toBeLessThan(2_500);
    proxy.dropHeld();
    proxy.stuckForEver();
    expect(await through.store.append(`${stream}-later`, 'no_stream', [reserved(2)])).toBe(0n);
  });

  it('is refused: nothing was sent, and the caller is told so', async () => {
    proxy.refusing = true;
    proxy.resetAll();
    await pause(100);
    const error: unknown = await through.store
      .append(stream, 'no_stream', [reserved(1)], { deadlineMs: 800 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'StoreUnavailable', outcome: 'none' });
    proxy.refusing = false;
    expect(await through.store.append(stream, 'no_stream', [reserved(1)], { deadlineMs: 5_000 })).toBe(0n);
  });

  it('is reset again and again under load: nothing is lost, nothing doubled', async () => {
    // With this latency a reset in the middle finds all of a round either on its way there or on its way back.
    proxy.latencyMs = 15;
    const names: string[] = [];
    for (let round = 0; round < 8; round++) {
      const part = Array.from({ length: 40 }, (_, n) => `${stream}-${round}-${n}`);
      names.push(...part);
      const appended = Promise.all(
        part.map((name) => through.store.append(name, 'no_stream', [reserved(1), reserved(2)], { deadlineMs: 10_000 })),
      );
      await pause(round * 6);
      proxy.resetAll();
      expect(await appended).toEqual(part.map(() => 1n));
    }
    for (const name of names) expect(await direct.store.readStream(name)).toHaveLength(2);
    expect(proxy.accepted).toBeGreaterThan(3);
  });

  it('is slow and closes slowly: appends wait, and go on', async () => {
    proxy.latencyMs = 150;
    expect(await through.store.append(stream, 'no_stream', [reserved(1)])).toBe(0n);
    proxy.closeSlowly(500);
    expect(await through.store.append(stream, 0n, [reserved(2)], { deadlineMs: 5_000 })).toBe(1n);
    expect(await direct.store.readStream(stream)).toHaveLength(2);
  });

  it('hangs a read: it ends, and the next one works', async () => {
    await through.store.append(stream, 'no_stream', [reserved(1)]);
    proxy.mode = 'hold_answers';
    const read = through.store.readStream(stream);
    await pause(500);
    proxy.dropHeld();
    proxy.stuckForEver();
    expect(await read).toHaveLength(1);
  });

  it('falls silent under a feed: the watch asks, hears nothing, and the feed goes on over a fresh one', async () => {
    const { logger, metrics, integrity } = through;
    const connections = new ConnectionSource(`esdb://127.0.0.1:${proxy.port}?tls=false`, logger, 900);
    const watch = new SilenceWatch(connections, 100, 300, 300);
    const seen: string[] = [];
    const feed = new CatchUpFeed(
      {
        name: 'silent',
        from: null,
        streamPrefixes: [stream],
        batchSize: 10,
        lingerMs: 2,
        onBatch: async (items) => void seen.push(...items.map(({ event }) => event.stream)),
      },
      { connections, codec: new EventCodec(eventRegistry), metrics, logger, integrity },
    );
    await eventually(async () => feed.isLive(), 5_000);
    // A quiet log alone is no reason to leave a connection.
    await pause(1_500);
    const before = proxy.accepted;
    expect(feed.isLive()).toBe(true);
    proxy.stuckForEver();
    await direct.store.append(`${stream}-unheard`, 'no_stream', [reserved(1)]);
    await eventually(async () => seen.includes(`${stream}-unheard`), 5_000);
    expect(proxy.accepted).toBe(before + 1);
    watch.stop();
    await feed.stop();
    connections.close();
  });

  it('brings more than its reader takes: the rest stays at the server, also where the reader was late with its first read', async () => {
    const megabytes = 12;
    for (let n = 0; n < megabytes * 5; n++)
      await direct.store.append(`${stream}-large-${n}`, 'no_stream', [credited(200_000)]);
    const connection = Connection.open(`esdb://127.0.0.1:${proxy.port}?tls=false`, 2_000);
    const request = subscribeToAllRequest(null, [stream]);
    const call = await connection.serverStream(StreamsService.read, request, Infinity);
    const ended = new Promise((resolve) => call.once('error', resolve));
    const before = proxy.answeredBytes;
    // As in a process that is busy while it starts.
    await pause(300);
    call.on('data', () => {
      call.pause();
      setTimeout(() => call.resume(), 100);
    });
    await pause(1_500);
    expect(proxy.answeredBytes).toBeGreaterThan(before);
    expect(proxy.answeredBytes - before).toBeLessThan((megabytes / 2) * 1_048_576);
    connection.close();
    await ended;
  });

  it('is lost by a feed and a worker: both go on where they were', async () => {
    const fed: string[] = [];
    const worked: string[] = [];
    const feed = through.subscriptions.catchUp({
      name: 'line',
      from: null,
      streamPrefixes: [stream],
      batchSize: 10,
      lingerMs: 2,
      onBatch: async (items) => void fed.push(...items.map(({ event }) => event.id)),
    });
    const worker = await through.subscriptions.worker({
      group: `line-${streams}`,
      streamPrefixes: [stream],
      concurrency: 4,
      handle: async ({ id }) => void worked.push(id),
    });
    await eventually(async () => feed.isLive() && worker.isConnected(), 5_000);
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) {
      const event = reserved(n);
      ids.push(event.id);
      await direct.store.append(`${stream}-f${n}`, 'no_stream', [event]);
      if (n % 10 === 5) proxy.resetAll();
      await pause(30);
    }
    await eventually(async () => new Set(worked).size >= 31 && fed.length >= 31, 15_000);
    expect(fed.slice(1)).toEqual(ids);
    expect(feed.isLive() || fed.length === 31).toBe(true);
  });
});
