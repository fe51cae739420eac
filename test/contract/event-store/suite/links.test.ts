import { START, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { first, heard } from '../../../support/event-store/collect';
import { CASE_MS, collect, link, positionOf, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('a link', () => {
  const store = useEventStore();
  let target: string;
  let links: string;
  const append = (to: string) => store.client.appendToStream(links, link(to));
  beforeEach(async () => {
    [target, links] = [unique('target'), unique('links')];
    await store.fill(target, 3, 'Target');
  });

  it('is read as itself unless it is to be resolved', async () => {
    await append(`1@${target}`);
    const [read] = await collect(store.client.readStream(links));
    expect(read?.event).toMatchObject({ type: '$>', streamId: links });
    expect(read?.link).toBeUndefined();
  });

  it('is read as what it stands for, itself beside it', async () => {
    await append(`1@${target}`);
    const [read] = await collect(store.client.readStream(links, { resolveLinkTos: true }));
    const [original] = await collect(store.client.readStream(target, { fromRevision: 1n, maxCount: 1 }));
    expect(read?.event).toEqual(original?.event);
    expect(read?.link).toMatchObject({ type: '$>', streamId: links, revision: 0n });
  });

  it('to an event that is not there has nothing to show but itself', async () => {
    await append(`9@${target}`);
    const [read] = await collect(store.client.readStream(links, { resolveLinkTos: true }));
    expect(read?.event).toBeUndefined();
    expect(read?.link).toMatchObject({ type: '$>' });
  });

  it('to a stream that was deleted has nothing to show but itself', async () => {
    await append(`1@${target}`);
    await store.client.deleteStream(target);
    const [read] = await collect(store.client.readStream(links, { resolveLinkTos: true }));
    expect([read?.event, read?.link?.type]).toEqual([undefined, '$>']);
  });

  it('to an event that was truncated has nothing to show but itself', async () => {
    await append(`0@${target}`);
    await store.client.setStreamMetadata(target, { truncateBefore: 2 });
    const [read] = await collect(store.client.readStream(links, { resolveLinkTos: true }));
    expect([read?.event, read?.link?.type]).toEqual([undefined, '$>']);
  });

  it('stands beside events that are none', async () => {
    await store.fill(links, 1, 'Plain');
    await append(`2@${target}`);
    const read = await collect(store.client.readStream(links, { resolveLinkTos: true }));
    expect(read.map(({ event, link: by }) => [event?.type, by?.type])).toEqual([
      ['Plain', undefined],
      ['Target', '$>'],
    ]);
  });

  it('is resolved in $all', async () => {
    const position = positionOf(await append(`1@${target}`));
    const reading = store.client.readAll({ fromPosition: position, maxCount: 1, resolveLinkTos: true });
    const [read] = await collect(reading);
    expect([read?.event?.type, read?.link?.streamId]).toEqual(['Target', links]);
  });

  it('is resolved for a subscription, stored and live', async () => {
    await append(`0@${target}`);
    const subscription = store.client.subscribeToStream(links, { fromRevision: START, resolveLinkTos: true });
    const seen = first(subscription, 2, ({ event, link: by }) => [Number(event?.revision), Number(by?.revision)]);
    await heard(subscription, 'caughtUp');
    await append(`2@${target}`);
    expect(await seen).toEqual([
      [0, 0],
      [2, 1],
    ]);
  });

  it.each([
    [true, 'Target'],
    [false, '$>'],
  ])('reaches a persistent subscription with resolveLinkTos %s as %s', async (resolveLinkTos, type) => {
    await append(`1@${target}`);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, resolveLinkTos });
    await store.client.createPersistentSubscriptionToStream(links, 'g', settings);
    const consumer = store.client.subscribeToPersistentSubscriptionToStream(links, 'g');
    for await (const message of consumer) {
      expect(message.event?.type).toBe(type);
      await consumer.ack(message);
      break;
    }
    await store.client.deletePersistentSubscriptionToStream(links, 'g');
  });
});
