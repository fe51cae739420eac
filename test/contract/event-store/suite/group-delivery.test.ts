import { END, PARK, RETRY, SKIP, eventTypeFilter, streamNameFilter } from '@eventstore/db-client';
import { type Message, consume } from '../../../support/event-store/collect';
import { CASE_MS, events, range, unique, useEventStore } from '../../../support/event-store/contract';
import { Groups, settings } from '../../../support/event-store/groups';

jest.setTimeout(CASE_MS);

/** How long nothing is waited for, in ms. */
const NOTHING_MS = 1500;
const only = (received: readonly (readonly [number, number])[]): number[] => received.map(([revision]) => revision);

describe('a persistent subscription to a stream', () => {
  const store = useEventStore();
  const groups = new Groups(store);
  let stream: string;
  beforeEach(() => {
    stream = unique('group');
  });
  const join = (group: string, bufferSize = 10) =>
    store.client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });
  /** Takes messages and acknowledges them. */
  const take = (group: string, count: number, ms?: number) => {
    const consumer = join(group);
    return consume(consumer, count, (message) => void consumer.ack(message), ms);
  };

  it('from the start delivers everything, in order', async () => {
    await store.fill(stream, 5);
    expect(await take(await groups.onStream(stream), 5)).toEqual(range(0, 5).map((revision) => [revision, 0]));
  });

  it('from a revision begins with that one', async () => {
    await store.fill(stream, 5);
    expect(only(await take(await groups.onStream(stream, { startFrom: 3n }), 2))).toEqual([3, 4]);
  });

  it('from the end delivers only what comes', async () => {
    await store.fill(stream, 3);
    const group = await groups.onStream(stream, { startFrom: END });
    await store.fill(stream, 2);
    expect(only(await take(group, 2))).toEqual([3, 4]);
  });

  it('from a revision that is not there yet waits for it', async () => {
    await store.fill(stream, 2);
    const group = await groups.onStream(stream, { startFrom: 4n });
    const taking = take(group, 1);
    await store.fill(stream, 3);
    expect(only(await taking)).toEqual([4]);
  });

  it('delivers live what comes after it has caught up', async () => {
    const group = await groups.onStream(stream);
    const taking = take(group, 20);
    for (let n = 0; n < 10; n++) await store.fill(stream, 2);
    expect(only(await taking)).toEqual(range(0, 20));
  });

  it('delivers more than its buffers hold, once each and in order', async () => {
    for (let n = 0; n < 8; n++) await store.fill(stream, 100);
    const small = { historyBufferSize: 100, liveBufferSize: 100, readBatchSize: 20 };
    expect(only(await take(await groups.onStream(stream, small), 800))).toEqual(range(0, 800));
  });

  it('does not deliver again what was acknowledged', async () => {
    await store.fill(stream, 3);
    const group = await groups.onStream(stream);
    expect(await take(group, 3)).toHaveLength(3);
    expect(await take(group, 1, NOTHING_MS)).toEqual([]);
  });

  it('takes acknowledgements of many messages at once', async () => {
    await store.fill(stream, 10);
    const group = await groups.onStream(stream);
    const consumer = join(group, 20);
    const held: Message[] = [];
    await consume(consumer, 10, (message) => {
      held.push(message);
      if (held.length === 10) void consumer.ack(...held);
    });
    expect(await take(group, 1, NOTHING_MS)).toEqual([]);
  });

  it('delivers no more than the consumer has room for', async () => {
    await store.fill(stream, 10);
    const consumer = join(await groups.onStream(stream), 3);
    expect(only(await consume(consumer, 10, () => undefined, NOTHING_MS))).toEqual([0, 1, 2]);
  });

  it('gives the next consumer what the one before did not answer, counted as a retry', async () => {
    await store.fill(stream, 2);
    const group = await groups.onStream(stream);
    expect(await consume(join(group), 2, () => undefined)).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(await take(group, 2)).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('delivers again what is not answered in time', async () => {
    await store.fill(stream, 1);
    const group = await groups.onStream(stream, { messageTimeout: 1000, maxRetryCount: 5 });
    expect(await consume(join(group), 3, () => undefined)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it('delivers again at once what is to be retried', async () => {
    await store.fill(stream, 1);
    const consumer = join(await groups.onStream(stream));
    const retry = (message: Message) =>
      void (message.retryCount < 2 ? consumer.nack(RETRY, 'again', message) : consumer.ack(message));
    expect(await consume(consumer, 3, retry)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it('goes on without what is to be skipped', async () => {
    await store.fill(stream, 3);
    const group = await groups.onStream(stream);
    const consumer = join(group);
    const answer = (message: Message) =>
      void (message.event?.revision === 1n ? consumer.nack(SKIP, 'no', message) : consumer.ack(message));
    expect(only(await consume(consumer, 3, answer))).toEqual([0, 1, 2]);
    expect(await take(group, 1, NOTHING_MS)).toEqual([]);
    expect(await groups.parked(stream, group)).toBe(0);
  });

  it.each([
    ['updated', (group: string) => store.client.updatePersistentSubscriptionToStream(stream, group, settings())],
    ['deleted', (group: string) => store.client.deletePersistentSubscriptionToStream(stream, group)],
  ])('drops its consumers when it is %s', async (_, change) => {
    const group = await groups.onStream(stream);
    const consumer = join(group);
    const dropped = new Promise((resolve) => consumer.once('error', resolve));
    consumer.on('data', () => undefined);
    await new Promise((resolve) => consumer.once('confirmation', resolve));
    await change(group);
    expect(await dropped).toMatchObject({ type: 'persistent-subscription-dropped', groupName: group });
  });
});

describe('a persistent subscription to $all', () => {
  const store = useEventStore();
  const groups = new Groups(store);
  const take = (group: string, count: number) => {
    const consumer = store.client.subscribeToPersistentSubscriptionToAll(group);
    return consume(consumer, count, (message) => void consumer.ack(message));
  };

  it.each([
    ['a prefix of the type', (run: string) => eventTypeFilter({ prefixes: [`T${run}`] })],
    ['a regular expression on the type', (run: string) => eventTypeFilter({ regex: `^T${run}$` })],
    ['a prefix of the stream', (run: string) => streamNameFilter({ prefixes: [`s-${run}`] })],
    ['a regular expression on the stream', (run: string) => streamNameFilter({ regex: `^s-${run}$` })],
  ])('delivers what its filter by %s lets through', async (_, filter) => {
    const run = unique('r');
    const startFrom = await store.mark();
    for (let n = 0; n < 3; n++) {
      await store.fill(unique('noise'), 5);
      await store.fill(`s-${run}`, 2, `T${run}`);
    }
    expect(only(await take(await groups.onAll({ startFrom }, filter(run)), 6))).toEqual(range(0, 6));
  });

  it('from the end delivers only what comes', async () => {
    const stream = unique('all');
    await store.fill(stream, 3);
    const group = await groups.onAll({ startFrom: END }, streamNameFilter({ prefixes: [stream] }));
    await store.fill(stream, 2);
    expect(only(await take(group, 2))).toEqual([3, 4]);
  });

  it('parks and replays', async () => {
    const stream = unique('all');
    const startFrom = await store.mark();
    await store.client.appendToStream(stream, events(3));
    const group = await groups.onAll({ startFrom }, streamNameFilter({ prefixes: [stream] }));
    const refusing = store.client.subscribeToPersistentSubscriptionToAll(group);
    await consume(refusing, 3, (message) => void refusing.nack(PARK, 'no', message));
    const taking = take(group, 3);
    await new Promise((resolve) => setTimeout(resolve, NOTHING_MS));
    await store.client.replayParkedMessagesToAll(group);
    expect(only(await taking)).toEqual([0, 1, 2]);
  });
});
