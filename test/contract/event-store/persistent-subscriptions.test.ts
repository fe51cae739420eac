import { randomUUID } from 'node:crypto';
import {
  EventStoreDBClient,
  PARK,
  PINNED,
  RETRY,
  START,
  eventTypeFilter,
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import { type Message, consume } from '../../support/event-store/collect';
import { type ContractServer, contractServer } from '../../support/event-store/contract-server';
import { EmbeddedServer, removeDirectory, temporaryDirectory } from '../../support/event-store/embedded-server';

const events = (count: number, type = 'Queued') =>
  Array.from({ length: count }, (_, n) => jsonEvent({ type, data: { n } }));
const settings = (over: Partial<Parameters<typeof persistentSubscriptionToStreamSettingsFromDefaults>[0]> = {}) =>
  persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...over });
const revisionsOf = (received: readonly (readonly [number, number])[]): number[] =>
  received.map(([revision]) => revision);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('persistent subscriptions', () => {
  let server: ContractServer;
  let client: EventStoreDBClient;
  let stream: string;
  beforeAll(async () => {
    server = await contractServer();
    client = server.client;
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    stream = `group-${randomUUID().slice(0, 8)}`;
  });
  const connect = (bufferSize = 10) => client.subscribeToPersistentSubscriptionToStream(stream, 'g', { bufferSize });

  it('deliver more than their buffers hold, once each and in order', async () => {
    for (let n = 0; n < 13; n++) await client.appendToStream(stream, events(100));
    await client.createPersistentSubscriptionToStream(stream, 'g', settings());
    const consumer = connect();
    const received = await consume(consumer, 1300, (message) => void consumer.ack(message), 20_000);
    expect(revisionsOf(received)).toEqual(range(0, 1300));
  }, 30_000);

  it('deliver live what comes after they have caught up', async () => {
    await client.createPersistentSubscriptionToStream(stream, 'g', settings());
    const consumer = connect();
    const received = consume(consumer, 40, (message) => void consumer.ack(message), 10_000);
    for (let n = 0; n < 20; n++) await client.appendToStream(stream, events(2));
    expect(revisionsOf(await received)).toEqual(range(0, 40));
  });

  it('give all of a stream to one consumer when they are pinned', async () => {
    const type = `Pinned${randomUUID().slice(0, 8)}`;
    const group = `pinned-${type}`;
    const pinned = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, consumerStrategyName: PINNED });
    await client.createPersistentSubscriptionToAll(group, pinned, { filter: eventTypeFilter({ prefixes: [type] }) });
    const owners = new Map<string, Set<number>>();
    let count = 0;
    const consumers = [0, 1].map((owner) => {
      const consumer = client.subscribeToPersistentSubscriptionToAll(group);
      consumer.on('data', (message) => {
        const of = message.event?.streamId ?? '';
        owners.set(of, (owners.get(of) ?? new Set()).add(owner));
        count++;
        void consumer.ack(message);
      });
      return consumer;
    });
    await Promise.all(consumers.map((consumer) => new Promise((resolve) => consumer.once('confirmation', resolve))));
    for (let round = 0; round < 5; round++) {
      await Promise.all(range(0, 12).map((n) => client.appendToStream(`${stream}-${n}`, events(1, type))));
    }
    const until = Date.now() + 10_000;
    while (count < 60 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all(consumers.map((consumer) => consumer.unsubscribe()));
    expect(count).toBe(60);
    expect([...owners.values()].every((owner) => owner.size === 1)).toBe(true);
    expect(new Set([...owners.values()].flatMap((owner) => [...owner])).size).toBe(2);
  }, 30_000);

  it('count what is parked, and deliver it again once when it is replayed', async () => {
    await client.appendToStream(stream, events(5));
    await client.createPersistentSubscriptionToStream(stream, 'g', settings());
    const refusing = connect();
    await consume(refusing, 5, (message) => void refusing.nack(PARK, 'no', message));
    const parked = async (): Promise<number> =>
      Number((await client.getPersistentSubscriptionToStreamInfo(stream, 'g')).stats.parkedMessageCount);
    expect(await parked()).toBe(5);
    const willing = connect();
    const received = consume(willing, 5, (message) => void willing.ack(message));
    await client.replayParkedMessagesToStream(stream, 'g');
    expect(revisionsOf(await received)).toEqual([0, 1, 2, 3, 4]);
    expect(await parked()).toBe(0);
    await client.replayParkedMessagesToStream(stream, 'g');
    const again = connect();
    expect(await consume(again, 1, (message) => void again.ack(message), 700)).toEqual([]);
  }, 20_000);

  it('replay no more parked messages than they are asked to', async () => {
    await client.appendToStream(stream, events(4));
    await client.createPersistentSubscriptionToStream(stream, 'g', settings());
    const refusing = connect();
    await consume(refusing, 4, (message) => void refusing.nack(PARK, 'no', message));
    await client.replayParkedMessagesToStream(stream, 'g', { stopAt: 2 });
    const willing = connect();
    expect(revisionsOf(await consume(willing, 3, (message) => void willing.ack(message), 1500))).toEqual([0, 1]);
  });

  it('list groups with those of $all apart, and take over again after a restart of the subsystem', async () => {
    await client.appendToStream(stream, events(2));
    await client.createPersistentSubscriptionToStream(stream, 'g', settings());
    const listed = await client.listPersistentSubscriptionsToStream(stream);
    expect(listed.map(({ groupName }) => groupName)).toEqual(['g']);
    await client.restartPersistentSubscriptionSubsystem();
    const consumer = connect();
    expect(revisionsOf(await consume(consumer, 2, (message) => void consumer.ack(message)))).toEqual([0, 1]);
  });

  it('keep their place when they are updated', async () => {
    await client.appendToStream(stream, events(20));
    const eager = { checkPointAfter: 10, checkPointLowerBound: 1, checkPointUpperBound: 1 };
    await client.createPersistentSubscriptionToStream(stream, 'g', settings(eager));
    const before = connect(1);
    await consume(before, 12, (message) => void before.ack(message));
    await client.updatePersistentSubscriptionToStream(stream, 'g', settings({ ...eager, maxRetryCount: 3 }));
    const after = connect();
    const received = await consume(after, 8, (message) => void after.ack(message));
    // The one on its way when the first consumer left was never answered.
    expect(revisionsOf(received)).toEqual(range(12, 20));
  });
});

describe('the checkpoint of a persistent subscription', () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => removeDirectory(directory));

  const stream = 'checkpointed';
  const eager = { checkPointAfter: 10, checkPointLowerBound: 1, checkPointUpperBound: 1 };

  async function withServer<T>(end: 'stop' | 'kill', work: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    const server = await EmbeddedServer.start(directory);
    const client = EventStoreDBClient.connectionString(server.url);
    try {
      return await work(client);
    } finally {
      await server[end]();
      await client.dispose();
    }
  }
  const take = (client: EventStoreDBClient, count: number, skip: number | undefined, ms?: number) => {
    const consumer = client.subscribeToPersistentSubscriptionToStream(stream, 'g', { bufferSize: 5 });
    const handle = (message: Message): void => {
      if (Number(message.event?.revision) !== skip) void consumer.ack(message);
    };
    return consume(consumer, count, handle, ms);
  };

  it.each(['stop', 'kill'] as const)(
    'outlives a %s of the server',
    async (end) => {
      await withServer(end, async (client) => {
        await client.appendToStream(stream, events(10));
        await client.createPersistentSubscriptionToStream(stream, 'g', settings(eager));
        expect(revisionsOf(await take(client, 10, undefined))).toEqual(range(0, 10));
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      await withServer('stop', async (client) => {
        await client.appendToStream(stream, events(2));
        expect(revisionsOf(await take(client, 2, undefined))).toEqual([10, 11]);
      });
    },
    30_000,
  );

  it.each(['stop', 'kill'] as const)(
    'never passes an event that was not acknowledged, over a %s',
    async (end) => {
      await withServer(end, async (client) => {
        await client.appendToStream(stream, events(10));
        await client.createPersistentSubscriptionToStream(stream, 'g', settings(eager));
        await take(client, 10, 4);
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      const again = await withServer('stop', (client) => take(client, 6, undefined, 2000));
      expect(revisionsOf(again)).toEqual(range(4, 10));
    },
    30_000,
  );

  it('is kept with the retry and the parking: what was parked stays parked', async () => {
    await withServer('kill', async (client) => {
      await client.appendToStream(stream, events(3));
      await client.createPersistentSubscriptionToStream(stream, 'g', settings({ ...eager, maxRetryCount: 1 }));
      const consumer = client.subscribeToPersistentSubscriptionToStream(stream, 'g');
      await consume(consumer, 6, (message) => void consumer.nack(RETRY, 'no', message), 2000);
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await withServer('stop', async (client) => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, 'g');
      expect(Number(stats.parkedMessageCount)).toBe(3);
      expect(await take(client, 1, undefined, 700)).toEqual([]);
    });
  }, 30_000);
});
