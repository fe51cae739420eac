import { randomUUID } from 'node:crypto';
import {
  ANY,
  BACKWARDS,
  END,
  type EventStoreDBClient,
  NO_STREAM,
  START,
  type Position,
  binaryEvent,
  eventTypeFilter,
  jsonEvent,
  streamNameFilter,
} from '@eventstore/db-client';
import { first } from '../../support/event-store/collect';
import { type ContractServer, contractServer } from '../../support/event-store/contract-server';

const event = (type: string, n = 0) => jsonEvent({ type, data: { n } });
const events = (type: string, count: number) => Array.from({ length: count }, (_, n) => event(type, n));

/** What the recorded answers are silent about. Needs nothing but a connection string. */
describe('an event store', () => {
  let server: ContractServer;
  let client: EventStoreDBClient;
  let run: string;
  beforeAll(async () => {
    server = await contractServer();
    client = server.client;
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    run = randomUUID().slice(0, 8);
  });

  const revisions = async (stream: string, options = {}): Promise<number[]> => {
    const found: number[] = [];
    for await (const { event: read } of client.readStream(stream, options)) found.push(Number(read?.revision));
    return found;
  };
  const allFrom = async (fromPosition: Position | typeof START | typeof END, options = {}): Promise<string[]> => {
    const found: string[] = [];
    for await (const { event: read } of client.readAll({ fromPosition, ...options }))
      if (read) found.push(read.streamId);
    return found;
  };

  it('keeps one order: each append has a higher position than all before it', async () => {
    const results = [];
    for (let n = 0; n < 20; n++) results.push(await client.appendToStream(`order-${run}-${n}`, event('Ordered')));
    const commits = results.map(({ position }) => position?.commit ?? 0n);
    expect([...commits].sort((a, b) => (a < b ? -1 : 1))).toEqual(commits);
    expect(new Set(commits).size).toBe(20);
  });

  it('reads a long stream whole, both ways and from the middle', async () => {
    const stream = `long-${run}`;
    for (let n = 0; n < 7; n++) await client.appendToStream(stream, events('Long', 100));
    const expected = Array.from({ length: 700 }, (_, n) => n);
    expect(await revisions(stream)).toEqual(expected);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([...expected].reverse());
    expect(await revisions(stream, { fromRevision: 333n, maxCount: 300 })).toEqual(expected.slice(333, 633));
  });

  it('reads $all from a position on, that one included, and backwards from it, that one left out', async () => {
    const at: Position[] = [];
    for (const name of ['a', 'b', 'c']) {
      const { position } = await client.appendToStream(`all-${run}-${name}`, event('All'));
      if (position) at.push(position);
    }
    const middle = at[1] as Position;
    expect((await allFrom(middle, { maxCount: 2 })).map((stream) => stream.slice(-1))).toEqual(['b', 'c']);
    expect((await allFrom(middle, { maxCount: 1, direction: BACKWARDS })).map((stream) => stream.slice(-1))).toEqual([
      'a',
    ]);
  });

  it('reads events of every size up to the limit back as they were', async () => {
    const stream = `sizes-${run}`;
    const sizes = [0, 1, 127, 128, 2000, 4096, 65_536, 1_000_000];
    for (const size of sizes) {
      const data = Uint8Array.from({ length: size }, (_, n) => n % 251);
      await client.appendToStream(stream, binaryEvent({ type: 'Sized', data }));
    }
    const read: Uint8Array[] = [];
    for await (const { event: stored } of client.readStream(stream)) if (stored) read.push(stored.data as Uint8Array);
    expect(read.map((data) => data.length)).toEqual(sizes);
    expect(read.every((data) => data.every((byte, n) => byte === n % 251))).toBe(true);
  });

  it('lets one of many that race at an exact revision win, each time', async () => {
    const stream = `race-${run}`;
    await client.appendToStream(stream, event('Begun'), { expectedRevision: NO_STREAM });
    for (let revision = 0n; revision < 5n; revision++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => client.appendToStream(stream, event('Raced'), { expectedRevision: revision })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
    expect(await revisions(stream)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('answers a retry as it answered the first time, also while others go on writing', async () => {
    const stream = `retry-${run}`;
    const batch = events('Retried', 3);
    const [one, two] = await Promise.all([
      client.appendToStream(stream, batch, { expectedRevision: NO_STREAM }),
      client.appendToStream(stream, batch, { expectedRevision: NO_STREAM }),
    ]);
    expect(two).toEqual(one);
    await client.appendToStream(stream, event('Other'), { expectedRevision: 2n });
    expect(await client.appendToStream(stream, batch, { expectedRevision: NO_STREAM })).toEqual(one);
    expect(await revisions(stream)).toEqual([0, 1, 2, 3]);
  });

  it('tells equal ids in two streams apart', async () => {
    const same = event('Twice');
    await client.appendToStream(`twice-${run}-a`, same, { expectedRevision: ANY });
    await client.appendToStream(`twice-${run}-b`, same, { expectedRevision: ANY });
    expect(await revisions(`twice-${run}-b`)).toEqual([0]);
  });

  it('takes one append sent in many chunks', async () => {
    const stream = `chunks-${run}`;
    const result = await client.appendToStream(stream, events('Chunked', 500), { batchAppendSize: 2000 });
    expect(result.nextExpectedRevision).toBe(499n);
    expect(await revisions(stream)).toHaveLength(500);
  });

  it('gives a subscription every event once and in order while it is being written to', async () => {
    const stream = `gapless-${run}`;
    await client.appendToStream(stream, events('Early', 300));
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    const writing = (async () => {
      for (let n = 0; n < 50; n++) await client.appendToStream(stream, events('Late', 10));
    })();
    const seen = await first(subscription, 800, ({ event: read }) => Number(read?.revision));
    await writing;
    expect(seen).toEqual(Array.from({ length: 800 }, (_, n) => n));
  }, 30_000);

  it('gives many live subscriptions the same', async () => {
    const type = `Live${run}`;
    const filters = [
      eventTypeFilter({ prefixes: [type] }),
      eventTypeFilter({ regex: `^${type}$` }),
      streamNameFilter({ prefixes: [`live-${run}`] }),
    ];
    const subscriptions = filters.map((filter) => client.subscribeToAll({ fromPosition: END, filter }));
    const seen = Promise.all(subscriptions.map((each) => first(each, 30, ({ event: read }) => read?.streamId)));
    await Promise.all(subscriptions.map((each) => new Promise((resolve) => each.once('caughtUp', resolve))));
    const written: string[] = [];
    for (let n = 0; n < 30; n++) {
      await client.appendToStream(`noise-${run}-${n}`, event('Noise'));
      await client.appendToStream(`live-${run}-${n}`, event(type));
      written.push(`live-${run}-${n}`);
    }
    expect(await seen).toEqual([written, written, written]);
  }, 30_000);

  it('gives checkpoints from which a filtered subscription can go on', async () => {
    const checkpoints: Position[] = [];
    const type = `Rare${run}`;
    await client.appendToStream(`rare-${run}`, events('Common', 200));
    const filter = eventTypeFilter({
      prefixes: [type],
      checkpointInterval: 1,
      checkpointReached: async (_: unknown, position: Position) => {
        checkpoints.push(position);
      },
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    const one = first(subscription, 1, ({ event: read }) => read?.type);
    await new Promise((resolve) => subscription.once('caughtUp', resolve));
    await client.appendToStream(`rare-${run}`, event(type));
    expect(await one).toEqual([type]);
    const last = checkpoints[checkpoints.length - 1] as Position;
    const resumed = client.subscribeToAll({ fromPosition: last, filter: eventTypeFilter({ prefixes: [type] }) });
    expect(await first(resumed, 1, ({ event: read }) => read?.type)).toEqual([type]);
  }, 30_000);

  it('shows a truncated or limited stream the same to readers and subscribers', async () => {
    const stream = `cut-${run}`;
    await client.appendToStream(stream, events('Cut', 10));
    await client.setStreamMetadata(stream, { truncateBefore: 4, maxCount: 5 });
    expect(await revisions(stream)).toEqual([5, 6, 7, 8, 9]);
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    expect(await first(subscription, 5, ({ event: read }) => Number(read?.revision))).toEqual([5, 6, 7, 8, 9]);
  });

  it('brings a deleted stream back with its revisions going on, and keeps them across another delete', async () => {
    const stream = `again-${run}`;
    await client.appendToStream(stream, events('One', 2));
    await client.deleteStream(stream);
    await client.appendToStream(stream, events('Two', 2), { expectedRevision: NO_STREAM });
    await client.deleteStream(stream, { expectedRevision: 3n });
    const result = await client.appendToStream(stream, event('Three'), { expectedRevision: 3n });
    expect(result.nextExpectedRevision).toBe(4n);
    expect(await revisions(stream)).toEqual([4]);
  });

  it('resolves links in reads and subscriptions, and shows the link where its event is gone', async () => {
    const [target, links] = [`target-${run}`, `links-${run}`];
    await client.appendToStream(target, events('Target', 2));
    const link = (to: string) => binaryEvent({ type: '$>', data: Buffer.from(to) });
    await client.appendToStream(links, [link(`1@${target}`), link(`9@${target}`)]);
    const subscription = client.subscribeToStream(links, { fromRevision: START, resolveLinkTos: true });
    const seen = await first(subscription, 2, (resolved) => [resolved.event?.type, Number(resolved.link?.revision)]);
    expect(seen).toEqual([
      ['Target', 0],
      [undefined, 1],
    ]);
  });

  it('leaves an event stream to its slow reader, and serves others meanwhile', async () => {
    const stream = `slow-${run}`;
    for (let n = 0; n < 30; n++)
      await client.appendToStream(stream, binaryEvent({ type: 'Heavy', data: new Uint8Array(500_000) }));
    const slow = client.readStream(stream);
    const iterator = slow[Symbol.asyncIterator]();
    await iterator.next();
    expect(await revisions(`${stream}-other`).catch((error: Error) => error.name)).not.toEqual([]);
    await client.appendToStream(`${stream}-other`, event('Quick'));
    expect(await revisions(`${stream}-other`)).toEqual([0]);
    let rest = 1;
    while (!(await iterator.next()).done) rest++;
    expect(rest).toBe(30);
  }, 30_000);
});
