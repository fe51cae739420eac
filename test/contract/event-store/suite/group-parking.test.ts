import { PARK, RETRY } from '@eventstore/db-client';
import { consume } from '../../../support/event-store/collect';
import { CASE_MS, collect, range, revisions, unique, useEventStore } from '../../../support/event-store/contract';
import { Groups } from '../../../support/event-store/groups';

jest.setTimeout(CASE_MS);

/** How long nothing is waited for, in ms. */
const NOTHING_MS = 1500;
const only = (received: readonly (readonly [number, number])[]): number[] => received.map(([revision]) => revision);

describe('what a persistent subscription parks', () => {
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

  it('parks what is to be parked', async () => {
    await store.fill(stream, 3);
    const group = await groups.onStream(stream);
    const consumer = join(group);
    await consume(consumer, 3, (message) => void consumer.nack(PARK, 'no', message));
    await groups.hasParked(stream, group, 3);
    expect(await take(group, 1, NOTHING_MS)).toEqual([]);
  });

  it('parks what was retried too often', async () => {
    await store.fill(stream, 1);
    const group = await groups.onStream(stream, { maxRetryCount: 2 });
    const consumer = join(group);
    const tries = await consume(consumer, 3, (message) => void consumer.nack(RETRY, 'no', message));
    expect(tries.map(([, retry]) => retry)).toEqual([0, 1, 2]);
    await groups.hasParked(stream, group, 1);
  });

  it('parks what was never answered in time', async () => {
    await store.fill(stream, 1);
    const group = await groups.onStream(stream, { messageTimeout: 1000, maxRetryCount: 1 });
    const consumer = join(group);
    consumer.on('data', () => undefined);
    await groups.hasParked(stream, group, 1);
    await consumer.unsubscribe();
  });

  it('keeps what is parked as links in a stream of its own', async () => {
    await store.fill(stream, 2);
    const group = await groups.onStream(stream);
    const consumer = join(group);
    await consume(consumer, 2, (message) => void consumer.nack(PARK, 'no', message));
    await groups.hasParked(stream, group, 2);
    const parked = `$persistentsubscription-${stream}::${group}-parked`;
    const links = await collect(store.client.readStream(parked));
    expect(links.map(({ event }) => event?.type)).toEqual(['$>', '$>']);
    expect(await revisions(store.client.readStream(parked, { resolveLinkTos: true }))).toEqual([0, 1]);
  });

  it('delivers what was parked again when it is replayed, as if for the first time', async () => {
    await store.fill(stream, 4);
    const group = await groups.onStream(stream);
    const refusing = join(group);
    await consume(refusing, 4, (message) => void refusing.nack(PARK, 'no', message));
    await groups.hasParked(stream, group, 4);
    const taking = take(group, 4);
    await store.client.replayParkedMessagesToStream(stream, group);
    expect(await taking).toEqual(range(0, 4).map((revision) => [revision, 0]));
    await groups.hasParked(stream, group, 0);
  });

  it('replays once only', async () => {
    await store.fill(stream, 2);
    const group = await groups.onStream(stream);
    const refusing = join(group);
    await consume(refusing, 2, (message) => void refusing.nack(PARK, 'no', message));
    await groups.hasParked(stream, group, 2);
    const taking = take(group, 2);
    await store.client.replayParkedMessagesToStream(stream, group);
    await taking;
    await groups.hasParked(stream, group, 0);
    await store.client.replayParkedMessagesToStream(stream, group).catch(() => undefined);
    expect(await take(group, 1, NOTHING_MS)).toEqual([]);
  });

  it('replays up to where it is to stop, and the rest the next time', async () => {
    await store.fill(stream, 5);
    const group = await groups.onStream(stream);
    const refusing = join(group);
    await consume(refusing, 5, (message) => void refusing.nack(PARK, 'no', message));
    await groups.hasParked(stream, group, 5);
    const some = take(group, 2);
    await store.client.replayParkedMessagesToStream(stream, group, { stopAt: 2 });
    expect(only(await some)).toEqual([0, 1]);
    await groups.hasParked(stream, group, 3);
    const rest = take(group, 3);
    await store.client.replayParkedMessagesToStream(stream, group);
    expect(only(await rest)).toEqual([2, 3, 4]);
  });

  it('parks a second time what is refused again after a replay', async () => {
    await store.fill(stream, 1);
    const group = await groups.onStream(stream);
    const refuse = async () => {
      const refusing = join(group);
      await consume(refusing, 1, (message) => void refusing.nack(PARK, 'no', message));
    };
    await refuse();
    await groups.hasParked(stream, group, 1);
    const again = refuse();
    await store.client.replayParkedMessagesToStream(stream, group);
    await again;
    await groups.hasParked(stream, group, 1);
  });
});
