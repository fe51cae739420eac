import { setTimeout as delay } from 'node:timers/promises';
import { ANY, BACKWARDS, END, NO_STREAM, START, jsonEvent } from '@eventstore/db-client';
import { first } from '../../../support/event-store/collect';
import {
  CASE_MS,
  collect,
  events,
  range,
  revisions,
  unique,
  useEventStore,
} from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('the metadata of a stream', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(() => {
    stream = unique('metadata');
  });
  const metadata = async () => (await store.client.getStreamMetadata(stream)).metadata;

  it('is missing until it is set', async () => {
    expect(await store.client.getStreamMetadata(stream)).toEqual({ streamName: stream });
    await store.fill(stream, 1);
    expect(await metadata()).toBeUndefined();
  });

  it('is given back with everything it was set to', async () => {
    const all = { maxCount: 12, maxAge: 3600, truncateBefore: 1, cacheControl: 15 };
    await store.client.setStreamMetadata(stream, all);
    expect(await metadata()).toEqual(all);
  });

  it('keeps who may do what', async () => {
    const acl = {
      readRoles: ['$admins', '$ops'],
      writeRoles: ['$admins'],
      deleteRoles: ['$admins'],
      metaReadRoles: ['$admins'],
      metaWriteRoles: ['$admins'],
    };
    await store.client.setStreamMetadata(stream, { acl });
    expect(await metadata()).toEqual({ acl });
  });

  it('keeps fields of the user', async () => {
    await store.client.setStreamMetadata(stream, { maxCount: 3, turkey: '🦃', nested: { a: [1] } });
    expect(await metadata()).toEqual({ maxCount: 3, turkey: '🦃', nested: { a: [1] } });
  });

  it('is replaced as a whole when it is set anew', async () => {
    await store.client.setStreamMetadata(stream, { maxCount: 3, note: 'old' });
    await store.client.setStreamMetadata(stream, { maxAge: 60 });
    expect(await metadata()).toEqual({ maxAge: 60 });
  });

  it('is set at an expected revision of its own', async () => {
    await store.fill(stream, 3);
    const set = await store.client.setStreamMetadata(stream, { maxCount: 1 }, { expectedRevision: NO_STREAM });
    expect(set.nextExpectedRevision).toBe(0n);
    const again = store.client.setStreamMetadata(stream, { maxCount: 2 }, { expectedRevision: NO_STREAM });
    await expect(again).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 0n });
    expect(await metadata()).toEqual({ maxCount: 1 });
  });

  it('does not make a stream', async () => {
    await store.client.setStreamMetadata(stream, { maxCount: 1 });
    await expect(collect(store.client.readStream(stream))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('is a stream that shows its last event', async () => {
    await store.client.setStreamMetadata(stream, { maxCount: 1 });
    await store.client.setStreamMetadata(stream, { maxCount: 2 });
    const read = await collect(store.client.readStream(`$$${stream}`));
    expect(read).toHaveLength(1);
    expect(read[0]?.event).toMatchObject({ type: '$metadata', revision: 1n, data: { $maxCount: 2 } });
  });

  it('may be written as the event that it is', async () => {
    await store.fill(stream, 5);
    const written = jsonEvent({ type: '$metadata', data: { $maxCount: 2 } });
    await store.client.appendToStream(`$$${stream}`, written, { expectedRevision: ANY });
    expect(await metadata()).toEqual({ maxCount: 2 });
    expect(await revisions(store.client.readStream(stream))).toEqual([3, 4]);
  });
});

describe('a stream with limits', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(async () => {
    stream = unique('limited');
    await store.fill(stream, 10);
  });
  const limit = (metadata: Parameters<typeof store.client.setStreamMetadata>[1]) =>
    store.client.setStreamMetadata(stream, metadata);
  const read = (options?: Parameters<typeof store.client.readStream>[1]) =>
    revisions(store.client.readStream(stream, options));

  it('shows no more events than its maximum count, the newest', async () => {
    await limit({ maxCount: 3 });
    expect(await read()).toEqual([7, 8, 9]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([9, 8, 7]);
  });

  it('moves on with its maximum count as it is written to', async () => {
    await limit({ maxCount: 3 });
    await store.fill(stream, 2);
    expect(await read()).toEqual([9, 10, 11]);
  });

  it('shows what is left where a read begins before it', async () => {
    await limit({ maxCount: 3 });
    expect(await read({ fromRevision: 2n })).toEqual([7, 8, 9]);
    expect(await read({ fromRevision: 8n })).toEqual([8, 9]);
  });

  it('stops backwards where its limit is', async () => {
    await limit({ maxCount: 3 });
    expect(await read({ direction: BACKWARDS, fromRevision: 8n })).toEqual([8, 7]);
  });

  it('goes on with its revisions whatever is hidden', async () => {
    await limit({ maxCount: 1 });
    expect((await store.fill(stream, 1)).nextExpectedRevision).toBe(10n);
  });

  it('is truncated before a revision', async () => {
    await limit({ truncateBefore: 6 });
    expect(await read()).toEqual([6, 7, 8, 9]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([9, 8, 7, 6]);
  });

  it('is empty, and there, when it is truncated behind its end', async () => {
    await limit({ truncateBefore: 20 });
    expect(await read()).toEqual([]);
    expect((await store.fill(stream, 1)).nextExpectedRevision).toBe(10n);
  });

  it('obeys the tighter one of two limits', async () => {
    await limit({ truncateBefore: 4, maxCount: 3 });
    expect(await read()).toEqual([7, 8, 9]);
    await limit({ truncateBefore: 8, maxCount: 5 });
    expect(await read()).toEqual([8, 9]);
  });

  it('hides what is older than its maximum age', async () => {
    await limit({ maxAge: 1 });
    await delay(2500);
    expect(await read()).toEqual([]);
  });

  it('shows what is younger than its maximum age', async () => {
    await limit({ maxAge: 3600 });
    expect(await read()).toEqual(range(0, 10));
  });

  it('has its limits from the beginning if they were set before it was', async () => {
    stream = unique('limited');
    await limit({ maxCount: 2 });
    await store.fill(stream, 5);
    expect(await read()).toEqual([3, 4]);
  });

  it('shows a subscription the same as a reader', async () => {
    await limit({ truncateBefore: 4, maxCount: 5 });
    const subscription = store.client.subscribeToStream(stream, { fromRevision: START });
    expect(await first(subscription, 5, ({ event }) => Number(event?.revision))).toEqual([5, 6, 7, 8, 9]);
  });

  it('is answered for an append as any other, though its events are hidden', async () => {
    await limit({ maxCount: 1 });
    const batch = events(2);
    await store.client.appendToStream(stream, batch, { expectedRevision: 9n });
    const conflict = store.client.appendToStream(stream, events(1), { expectedRevision: 9n });
    await expect(conflict).rejects.toMatchObject({ actualVersion: 11n });
  });
});
