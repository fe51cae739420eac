import { ANY, NO_STREAM, START, STREAM_EXISTS } from '@eventstore/db-client';
import { first, heard } from '../../../support/event-store/collect';
import { CASE_MS, collect, events, revisions, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

type Expectation = bigint | typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS;

describe('a stream that is deleted', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(async () => {
    stream = unique('deleted');
    await store.fill(stream, 3);
  });
  const read = () => revisions(store.client.readStream(stream));
  const append = (expectedRevision: Expectation, count = 1) =>
    store.client.appendToStream(stream, events(count), { expectedRevision });

  it('is no longer found', async () => {
    const { position } = await store.client.deleteStream(stream);
    expect(position?.commit).toBeGreaterThan(0n);
    await expect(read()).rejects.toMatchObject({ type: 'stream-not-found', streamName: stream });
  });

  it('may be begun again with no-stream, its revisions going on', async () => {
    await store.client.deleteStream(stream);
    expect((await append(NO_STREAM)).nextExpectedRevision).toBe(3n);
    expect(await read()).toEqual([3]);
  });

  it('may be gone on with at its old revision', async () => {
    await store.client.deleteStream(stream);
    expect((await append(2n)).nextExpectedRevision).toBe(3n);
    expect(await read()).toEqual([3]);
  });

  it('may be gone on with by any', async () => {
    await store.client.deleteStream(stream);
    expect((await append(ANY, 2)).nextExpectedRevision).toBe(4n);
    expect(await read()).toEqual([3, 4]);
  });

  it('counts as deleted to stream-exists', async () => {
    await store.client.deleteStream(stream);
    await expect(append(STREAM_EXISTS)).rejects.toMatchObject({ type: 'stream-deleted' });
  });

  it('keeps what was before it hidden over another delete', async () => {
    await store.client.deleteStream(stream);
    await append(NO_STREAM, 2);
    await store.client.deleteStream(stream, { expectedRevision: 4n });
    await expect(read()).rejects.toMatchObject({ type: 'stream-not-found' });
    await append(4n);
    expect(await read()).toEqual([5]);
  });

  it('comes back empty by metadata that is set for it', async () => {
    await store.client.deleteStream(stream);
    await store.client.setStreamMetadata(stream, { maxCount: 100 });
    await append(ANY);
    expect(await read()).toEqual([3]);
    const { metadata } = await store.client.getStreamMetadata(stream);
    expect(metadata).toMatchObject({ maxCount: 100, truncateBefore: 3 });
  });

  it('may be deleted twice', async () => {
    await store.client.deleteStream(stream);
    await expect(store.client.deleteStream(stream)).resolves.toBeDefined();
  });

  it('is deleted at the revision that was expected', async () => {
    await store.client.deleteStream(stream, { expectedRevision: 2n });
    await expect(read()).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('is not deleted at a wrong revision', async () => {
    await expect(store.client.deleteStream(stream, { expectedRevision: 1n })).rejects.toMatchObject({
      type: 'wrong-expected-version',
      streamName: stream,
      expectedVersion: 1n,
      actualVersion: 2n,
    });
    expect(await read()).toEqual([0, 1, 2]);
  });

  it('is not deleted where no stream was expected', async () => {
    const deleting = store.client.deleteStream(stream, { expectedRevision: NO_STREAM });
    await expect(deleting).rejects.toMatchObject({ type: 'wrong-expected-version' });
  });

  it('has to be there', async () => {
    const deleting = store.client.deleteStream(unique('missing'));
    await expect(deleting).rejects.toMatchObject({ type: 'wrong-expected-version' });
  });

  it('may have had nothing but metadata', async () => {
    const implicit = unique('implicit');
    await store.client.setStreamMetadata(implicit, { cacheControl: 10 });
    await expect(store.client.deleteStream(implicit, { expectedRevision: NO_STREAM })).resolves.toBeDefined();
  });

  it('gives a subscription what comes when it is begun again', async () => {
    await store.client.deleteStream(stream);
    const subscription = store.client.subscribeToStream(stream, { fromRevision: START });
    const seen = first(subscription, 1, ({ event }) => Number(event?.revision));
    await heard(subscription, 'caughtUp');
    await append(ANY);
    expect(await seen).toEqual([3]);
  });

  it('leaves all other streams alone', async () => {
    const other = unique('other');
    await store.fill(other, 2);
    await store.client.deleteStream(stream);
    expect(await revisions(store.client.readStream(other))).toEqual([0, 1]);
  });
});

describe('a stream that is tombstoned', () => {
  const store = useEventStore();
  let stream: string;
  const deleted = () => ({ type: 'stream-deleted', streamName: stream });
  beforeEach(async () => {
    stream = unique('tombstoned');
    await store.fill(stream, 2);
    await store.client.tombstoneStream(stream);
  });

  it('can no longer be read', async () => {
    await expect(collect(store.client.readStream(stream))).rejects.toMatchObject(deleted());
  });

  it.each<Expectation>([ANY, NO_STREAM, STREAM_EXISTS, 1n])(
    'can no longer be written to with %s',
    async (expectedRevision) => {
      const appending = store.client.appendToStream(stream, events(1), { expectedRevision });
      await expect(appending).rejects.toMatchObject(deleted());
    },
  );

  it('can no longer be deleted', async () => {
    await expect(store.client.deleteStream(stream)).rejects.toMatchObject(deleted());
  });

  it('can be tombstoned only once', async () => {
    await expect(store.client.tombstoneStream(stream)).rejects.toMatchObject(deleted());
  });

  it('ends a subscription to it with an error', async () => {
    const subscription = store.client.subscribeToStream(stream, { fromRevision: START });
    await expect(first(subscription, 1, () => undefined)).rejects.toMatchObject(deleted());
  });

  it('need not have been there before', async () => {
    stream = unique('tombstoned');
    await store.client.tombstoneStream(stream);
    await expect(collect(store.client.readStream(stream))).rejects.toMatchObject(deleted());
  });

  it('is not tombstoned at a wrong revision', async () => {
    stream = unique('tombstoned');
    await store.fill(stream, 2);
    const tombstoning = store.client.tombstoneStream(stream, { expectedRevision: 5n });
    await expect(tombstoning).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
    expect(await revisions(store.client.readStream(stream))).toEqual([0, 1]);
  });

  it('ends a subscription that is under way, behind its last event', async () => {
    stream = unique('tombstoned');
    await store.fill(stream, 1);
    const subscription = store.client.subscribeToStream(stream, { fromRevision: START });
    const types: (string | undefined)[] = [];
    const ended = new Promise((resolve) => subscription.once('error', resolve));
    subscription.on('data', ({ event }) => types.push(event?.type));
    await heard(subscription, 'caughtUp');
    await store.client.tombstoneStream(stream);
    expect(await ended).toMatchObject(deleted());
    expect(types[0]).toBe('Contract');
  });
});
