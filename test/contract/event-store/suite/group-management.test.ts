import {
  DISPATCH_TO_SINGLE,
  END,
  PINNED,
  ROUND_ROBIN,
  START,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionExistsError,
  eventTypeFilter,
} from '@eventstore/db-client';
import { CASE_MS, event, unique, useEventStore } from '../../../support/event-store/contract';
import { eventually } from '../../../support/eventually';
import { Groups, PINNED_BY_CORRELATION, allSettings, settings } from '../../../support/event-store/groups';

jest.setTimeout(CASE_MS);

describe('a persistent subscription', () => {
  const store = useEventStore();
  const groups = new Groups(store);
  let stream: string;
  beforeEach(() => {
    stream = unique('managed');
  });
  const missing = (group: string) => ({
    type: 'persistent-subscription-does-not-exist',
    streamName: stream,
    groupName: group,
  });
  const infoOf = (group: string) => store.client.getPersistentSubscriptionToStreamInfo(stream, group);
  const infoOfAll = (group: string) => store.client.getPersistentSubscriptionToAllInfo(group);

  it('needs no stream yet', async () => {
    const group = await groups.onStream(stream);
    expect(await infoOf(group)).toMatchObject({ eventSource: stream, groupName: group });
  });

  it('is made once only', async () => {
    const group = await groups.onStream(stream);
    const again = store.client.createPersistentSubscriptionToStream(stream, group, settings());
    await expect(again).rejects.toMatchObject({ streamName: stream, groupName: group });
    await expect(again).rejects.toBeInstanceOf(PersistentSubscriptionExistsError);
  });

  it('to $all is made once only', async () => {
    const group = await groups.onAll();
    const again = store.client.createPersistentSubscriptionToAll(group, allSettings());
    await expect(again).rejects.toBeInstanceOf(PersistentSubscriptionExistsError);
  });

  it('may share its name with one of another stream', async () => {
    const group = await groups.onStream(stream);
    const other = unique('managed');
    await store.client.createPersistentSubscriptionToStream(other, group, settings());
    await store.client.deletePersistentSubscriptionToStream(other, group);
    expect((await infoOf(group)).groupName).toBe(group);
  });

  it('may have a name with slashes and letters of any script', async () => {
    const group = unique('ヽ / a b%20');
    await store.client.createPersistentSubscriptionToStream(stream, group, settings());
    expect((await infoOf(group)).groupName).toBe(group);
    await store.client.deletePersistentSubscriptionToStream(stream, group);
  });

  it('is gone when it is deleted', async () => {
    const group = await groups.onStream(stream);
    await store.client.deletePersistentSubscriptionToStream(stream, group);
    await expect(infoOf(group)).rejects.toMatchObject(missing(group));
  });

  it('to $all is gone when it is deleted', async () => {
    const group = await groups.onAll();
    await store.client.deletePersistentSubscriptionToAll(group);
    await expect(infoOfAll(group)).rejects.toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  });

  it('may be made again after it was deleted', async () => {
    const group = await groups.onStream(stream);
    await store.client.deletePersistentSubscriptionToStream(stream, group);
    await store.client.createPersistentSubscriptionToStream(stream, group, settings({ maxRetryCount: 3 }));
    expect((await infoOf(group)).settings.maxRetryCount).toBe(3);
  });

  it('that is not there cannot be deleted, updated, looked at, replayed or read', async () => {
    const { client } = store;
    const none = missing('none');
    await expect(client.deletePersistentSubscriptionToStream(stream, 'none')).rejects.toMatchObject(none);
    await expect(client.updatePersistentSubscriptionToStream(stream, 'none', settings())).rejects.toMatchObject(none);
    await expect(infoOf('none')).rejects.toMatchObject(none);
    await expect(client.replayParkedMessagesToStream(stream, 'none')).rejects.toMatchObject(none);
    const consumer = client.subscribeToPersistentSubscriptionToStream(stream, 'none');
    await expect(new Promise((resolve) => consumer.once('error', resolve))).resolves.toMatchObject(none);
  });

  it('to $all that is not there cannot be deleted, updated, looked at or replayed', async () => {
    const { client } = store;
    const none = unique('none');
    const gone = PersistentSubscriptionDoesNotExistError;
    await expect(client.deletePersistentSubscriptionToAll(none)).rejects.toBeInstanceOf(gone);
    await expect(client.updatePersistentSubscriptionToAll(none, allSettings())).rejects.toBeInstanceOf(gone);
    await expect(infoOfAll(none)).rejects.toBeInstanceOf(gone);
    await expect(client.replayParkedMessagesToAll(none)).rejects.toBeInstanceOf(gone);
  });

  it('shows the settings it was made with', async () => {
    const chosen = settings({
      resolveLinkTos: true,
      extraStatistics: true,
      messageTimeout: 12_000,
      maxRetryCount: 7,
      checkPointAfter: 3000,
      checkPointLowerBound: 5,
      checkPointUpperBound: 50,
      maxSubscriberCount: 4,
      liveBufferSize: 600,
      readBatchSize: 30,
      historyBufferSize: 700,
      consumerStrategyName: ROUND_ROBIN,
      startFrom: 5n,
    });
    expect((await infoOf(await groups.onStream(stream, chosen))).settings).toEqual(chosen);
  });

  it('shows the settings it was made with by default', async () => {
    expect((await infoOf(await groups.onStream(stream))).settings).toEqual(settings());
  });

  it.each<[string, typeof START | typeof END | bigint]>([
    ['start', START],
    ['end', END],
    ['a revision', 123n],
  ])('says that it starts from %s', async (_, startFrom) => {
    expect((await infoOf(await groups.onStream(stream, { startFrom }))).settings.startFrom).toEqual(startFrom);
  });

  it('to $all says that it starts from the position it was given', async () => {
    const startFrom = await store.mark();
    const chosen = allSettings({ startFrom, maxRetryCount: 3 });
    expect((await infoOfAll(await groups.onAll(chosen))).settings).toEqual(chosen);
  });

  it('to $all says that it starts from the end', async () => {
    const group = await groups.onAll({ startFrom: END });
    expect(await infoOfAll(group)).toMatchObject({ eventSource: '$all', settings: { startFrom: END } });
  });

  it.each([DISPATCH_TO_SINGLE, ROUND_ROBIN, PINNED, PINNED_BY_CORRELATION])(
    'may have the strategy %s',
    async (consumerStrategyName) => {
      const group = await groups.onStream(stream, { consumerStrategyName });
      expect((await infoOf(group)).settings.consumerStrategyName).toBe(consumerStrategyName);
    },
  );

  it('takes other settings when it is updated', async () => {
    const group = await groups.onStream(stream);
    const changed = settings({ maxRetryCount: 2, messageTimeout: 5000, startFrom: 3n, consumerStrategyName: PINNED });
    await store.client.updatePersistentSubscriptionToStream(stream, group, changed);
    expect((await infoOf(group)).settings).toEqual(changed);
  });

  it('to $all takes other settings when it is updated', async () => {
    const group = await groups.onAll({}, eventTypeFilter({ prefixes: [unique('None')] }));
    const changed = allSettings({ startFrom: await store.mark(), checkPointLowerBound: 12, maxSubscriberCount: 200 });
    await store.client.updatePersistentSubscriptionToAll(group, changed);
    expect((await infoOfAll(group)).settings).toEqual(changed);
  });

  it('is listed with all others of its stream', async () => {
    const made = [await groups.onStream(stream), await groups.onStream(stream)];
    const listed = await store.client.listPersistentSubscriptionsToStream(stream);
    expect(listed.map(({ groupName }) => groupName).sort()).toEqual([...made].sort());
    expect(listed.map(({ eventSource }) => eventSource)).toEqual([stream, stream]);
  });

  it('to $all is listed with those to $all', async () => {
    const group = await groups.onAll({}, eventTypeFilter({ prefixes: [unique('None')] }));
    const listed = await store.client.listPersistentSubscriptionsToAll();
    expect(listed.map(({ groupName }) => groupName)).toContain(group);
    expect(new Set(listed.map(({ eventSource }) => eventSource))).toEqual(new Set(['$all']));
  });

  it('is listed with all others', async () => {
    const made = [await groups.onStream(stream), await groups.onAll({ startFrom: END })];
    const listed = await store.client.listAllPersistentSubscriptions();
    expect(listed.map(({ groupName }) => groupName)).toEqual(expect.arrayContaining(made));
  });

  it('cannot be listed for a stream that has none', async () => {
    const listing = store.client.listPersistentSubscriptionsToStream(stream);
    await expect(listing).rejects.toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  });

  it('shows its connections, by the names their clients gave them, and what they hold', async () => {
    const group = await groups.onStream(stream, { extraStatistics: true });
    expect((await infoOf(group)).connections).toEqual([]);
    const consumer = store.client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize: 10 });
    consumer.on('data', (message) => {
      if (message.event?.revision !== 2n) void consumer.ack(message);
    });
    await store.client.appendToStream(stream, [event(), event(), event()]);
    await eventually(async () => (await infoOf(group)).connections[0]?.inFlightMessages === 1, 20_000);
    const [connection] = (await infoOf(group)).connections;
    expect(connection).toMatchObject({ connectionName: store.client.connectionName, availableSlots: 9 });
    expect(connection?.extraStatistics?.get('quintile 3')).toBeGreaterThanOrEqual(0n);
    await consumer.unsubscribe();
    await eventually(async () => (await infoOf(group)).connections.length === 0, 20_000);
  });
});
