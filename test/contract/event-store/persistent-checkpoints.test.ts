import { EventStoreDBClient, RETRY } from '@eventstore/db-client';
import { type Message, consume } from '../../support/event-store/collect';
import { events, range } from '../../support/event-store/contract';
import { EmbeddedServer, removeDirectory, temporaryDirectory } from '../../support/event-store/embedded-server';
import { EAGER, settings } from '../../support/event-store/groups';

const revisionsOf = (received: readonly (readonly [number, number])[]): number[] =>
  received.map(([revision]) => revision);

describe('the checkpoint of a persistent subscription', () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => removeDirectory(directory));

  const stream = 'checkpointed';

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
        await client.createPersistentSubscriptionToStream(stream, 'g', settings(EAGER));
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
        await client.createPersistentSubscriptionToStream(stream, 'g', settings(EAGER));
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
      await client.createPersistentSubscriptionToStream(stream, 'g', settings({ ...EAGER, maxRetryCount: 1 }));
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
