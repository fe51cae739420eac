import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { LogMismatch, type LogPosition } from '../../../src/application/ports/event-store';
import type { CatchUpOptions, CatchUpSubscription, FeedItem } from '../../../src/application/ports/subscriptions';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { reserved } from '../../support/event-builders';
import { testEventStoreUrl } from '../../support/services';

describe('a catch-up feed', () => {
  let adapter: AdapterUnderTest;
  let prefix: string;
  let feeds: CatchUpSubscription[];

  beforeAll(() => {
    adapter = new AdapterUnderTest(testEventStoreUrl());
  });
  afterAll(() => adapter.close());
  beforeEach(() => {
    prefix = `wallet-feed-${randomUUID()}-`;
    feeds = [];
  });
  afterEach(() => Promise.all(feeds.map((feed) => feed.stop())));

  const write = async (count: number, from = 0): Promise<void> => {
    await Promise.all(
      Array.from({ length: count }, (_, n) => adapter.store.append(`${prefix}${from + n}`, 'no_stream', [reserved(n)])),
    );
  };
  const open = (over: Partial<CatchUpOptions> & Pick<CatchUpOptions, 'onBatch'>): CatchUpSubscription => {
    const feed = adapter.subscriptions.catchUp({
      name: 'test',
      from: null,
      streamPrefixes: [prefix],
      batchSize: 50,
      lingerMs: 5,
      ...over,
    });
    feeds.push(feed);
    return feed;
  };
  const streams = (items: readonly FeedItem[]): string[] => items.map(({ event }) => event.stream);

  it('hands out what was there and what comes, in order, filtered, no batch beyond its size', async () => {
    await write(120);
    await adapter.store.append(`wallet-other-${randomUUID()}`, 'no_stream', [reserved(1)]);
    const items: FeedItem[] = [];
    const sizes: number[] = [];
    let caughtUp = 0;
    const feed = open({
      onBatch: async (batch, upTo) => {
        items.push(...batch);
        sizes.push(batch.length);
        expect(upTo).toEqual(batch.at(-1)?.event.position);
      },
      onCaughtUp: () => (caughtUp += 1),
    });
    await eventually(async () => feed.isLive(), 5_000);
    expect(items).toHaveLength(120);
    expect(caughtUp).toBe(1);
    expect(Math.max(...sizes)).toBe(50);
    expect(feed.lagMs()).toBe(0);
    await write(3, 500);
    await eventually(async () => items.length === 123, 5_000);
    expect(streams(items).every((stream) => stream.startsWith(prefix))).toBe(true);
    const commits = items.map(({ event }) => event.position.commit);
    expect(commits).toEqual([...commits].sort((a, b) => (a < b ? -1 : 1)));
    expect(feed.position).toEqual(items.at(-1)?.event.position);
    expect(adapter.metrics.lags.some(({ projection }) => projection === 'test')).toBe(true);
  });

  it('begins after the position that it is given, and gives the bytes as they are stored', async () => {
    await write(10);
    const first: FeedItem[] = [];
    const feed = open({ onBatch: async (batch) => void first.push(...batch) });
    await eventually(async () => feed.isLive(), 5_000);
    const from: LogPosition | undefined = first[3]?.event.position;
    const rest: FeedItem[] = [];
    const second = open({ from: from ?? null, onBatch: async (batch) => void rest.push(...batch) });
    await eventually(async () => second.isLive(), 5_000);
    expect(streams(rest)).toEqual(streams(first).slice(4));
    const [item] = rest;
    if (item?.kind !== 'event') throw new Error('not an event');
    expect(JSON.parse(Buffer.from(item.raw.data).toString())).toEqual(item.event.data);
    expect(JSON.parse(Buffer.from(item.raw.metadata).toString())).toHaveProperty('$correlationId');
  });

  it('hands a batch out again after it was not handled, and nothing twice that was', async () => {
    await write(30);
    const seen: string[] = [];
    let failures = 2;
    const feed = open({
      batchSize: 10,
      onBatch: async (batch) => {
        if (seen.length >= 10 && failures-- > 0) throw new Error('no connection to the database');
        seen.push(...streams(batch));
      },
    });
    await eventually(async () => seen.length >= 30 && feed.isLive(), 5_000);
    expect(seen).toHaveLength(30);
    expect(new Set(seen).size).toBe(30);
    expect(adapter.logger.lines.filter(({ message }) => message.includes('will resume'))).not.toHaveLength(0);
  });

  it('holds the server back while a batch takes its time, and loses nothing', async () => {
    await write(400);
    const seen: string[] = [];
    const feed = open({
      batchSize: 20,
      onBatch: async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(...streams(batch));
      },
    });
    await eventually(async () => feed.isLive(), 10_000);
    expect(new Set(seen).size).toBe(400);
    expect(seen).toHaveLength(400);
  });

  it('lets the running batch end when it is stopped', async () => {
    await write(5);
    let state = 'none';
    const feed = open({
      onBatch: async () => {
        state = 'begun';
        await new Promise((resolve) => setTimeout(resolve, 100));
        state = 'ended';
      },
    });
    await eventually(async () => state === 'begun', 5_000);
    await feed.stop();
    expect(state).toBe('ended');
    expect(feed.position).not.toBeNull();
    expect(feed.isLive()).toBe(false);
  });

  it('reports what cannot be decoded as an item, and goes on', async () => {
    await write(1);
    const official = EventStoreDBClient.connectionString(testEventStoreUrl());
    await official.appendToStream(`${prefix}foreign`, jsonEvent({ type: 'NotOurs', data: {} }));
    await official.dispose();
    await write(1, 9);
    const items: FeedItem[] = [];
    const feed = open({ onBatch: async (batch) => void items.push(...batch) });
    await eventually(async () => feed.isLive(), 5_000);
    expect(items.map(({ kind }) => kind)).toEqual(['event', 'undecodable', 'event']);
    expect(items[1]?.event).toMatchObject({ type: 'NotOurs', problem: 'unknown_type' });
    expect(adapter.metrics.undecodables).toContain('test unknown_type');
  });

  it('stops and raises at a position beyond the end of the log, and with it all that reads or writes', async () => {
    const lost = new AdapterUnderTest(testEventStoreUrl());
    const raised: Error[] = [];
    const onBatch = async (): Promise<void> => undefined;
    const options = { streamPrefixes: [prefix], batchSize: 50, lingerMs: 5, onBatch };
    const other = lost.subscriptions.catchUp({ ...options, name: 'other', from: null });
    const worker = await lost.subscriptions.worker({
      group: `lost-${prefix}`,
      streamPrefixes: [prefix],
      concurrency: 1,
      handle: async () => undefined,
    });
    await eventually(async () => other.isLive() && worker.isConnected(), 5_000);
    expect(await lost.store.append(`${prefix}0`, 'no_stream', [reserved(1)])).toBe(0n);
    const feed = lost.subscriptions.catchUp({
      ...options,
      name: 'beyond',
      from: { commit: 2n ** 62n, prepare: 2n ** 62n },
      onBatch: async () => {
        throw new Error('nothing may be handed out');
      },
      onStopped: (error) => raised.push(error),
    });
    await eventually(async () => raised.length === 1 && !other.isLive() && !worker.isConnected(), 10_000);
    const [mismatch] = raised;
    if (!(mismatch instanceof LogMismatch)) throw new Error('no LogMismatch was raised');
    expect(mismatch.found).toContain('not in the log');
    expect(mismatch.detail).toContain('refuses to serve writes until rebuilt');
    expect(feed.isLive()).toBe(false);
    expect(lost.metrics.mismatch).toBe(true);
    expect(lost.logger.lines.some(({ level }) => level === 'error')).toBe(true);
    await expect(lost.store.append(`${prefix}1`, 'no_stream', [reserved(1)])).rejects.toThrow(LogMismatch);
    expect(await lost.store.readStream(`${prefix}0`)).toHaveLength(1);
    // Read models that are made anew begin at the first event, and may.
    const seen: FeedItem[] = [];
    const anew = lost.subscriptions.catchUp({
      ...options,
      name: 'anew',
      from: null,
      onBatch: async (batch) => void seen.push(...batch),
    });
    await eventually(async () => anew.isLive(), 5_000);
    expect(seen).toHaveLength(1);
    await lost.close();
  });
});
