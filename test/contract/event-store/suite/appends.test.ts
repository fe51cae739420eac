import {
  ANY,
  NO_STREAM,
  STREAM_EXISTS,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  WrongExpectedVersionError,
  binaryEvent,
  jsonEvent,
} from '@eventstore/db-client';
import {
  CASE_MS,
  collect,
  event,
  events,
  positionOf,
  range,
  revisions,
  unique,
  useEventStore,
} from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('an append', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(() => {
    stream = unique('append');
  });
  const append = (count: number, expectedRevision?: bigint | typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS) =>
    store.client.appendToStream(stream, events(count), { expectedRevision });
  const conflict = (expectedVersion: unknown, actualVersion: unknown) => ({
    type: 'wrong-expected-version',
    streamName: stream,
    expectedVersion,
    actualVersion,
  });

  it('with no-stream begins a stream at revision 0', async () => {
    expect(await append(1, NO_STREAM)).toMatchObject({ success: true, nextExpectedRevision: 0n });
  });

  it('numbers its events one after the other', async () => {
    expect((await append(3, NO_STREAM)).nextExpectedRevision).toBe(2n);
    expect(await revisions(store.client.readStream(stream))).toEqual([0, 1, 2]);
  });

  it('with no-stream is refused where there is a stream, and says at which revision it is', async () => {
    await append(3);
    await expect(append(1, NO_STREAM)).rejects.toMatchObject(conflict(NO_STREAM, 2n));
  });

  it('is refused with the error class of its own', async () => {
    await append(1);
    await expect(append(1, NO_STREAM)).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('with the exact revision goes on behind it', async () => {
    const { nextExpectedRevision } = await append(2, NO_STREAM);
    expect((await append(2, nextExpectedRevision)).nextExpectedRevision).toBe(3n);
  });

  it('with a revision that is too low is refused with the actual one', async () => {
    await append(5);
    await expect(append(1, 1n)).rejects.toMatchObject(conflict(1n, 4n));
  });

  it('with a revision that is too high is refused with the actual one', async () => {
    await append(1);
    await expect(append(1, 7n)).rejects.toMatchObject(conflict(7n, 0n));
  });

  it('with a revision is refused where there is no stream', async () => {
    await expect(append(1, 3n)).rejects.toMatchObject(conflict(3n, NO_STREAM));
  });

  it('that is refused leaves nothing behind', async () => {
    await append(1);
    await expect(append(2, 9n)).rejects.toBeInstanceOf(WrongExpectedVersionError);
    expect(await revisions(store.client.readStream(stream))).toEqual([0]);
  });

  it('with any begins a stream and goes on with one', async () => {
    expect((await append(1, ANY)).nextExpectedRevision).toBe(0n);
    expect((await append(2, ANY)).nextExpectedRevision).toBe(2n);
  });

  it('without an expectation is one with any', async () => {
    expect((await append(1)).nextExpectedRevision).toBe(0n);
    expect((await append(1)).nextExpectedRevision).toBe(1n);
  });

  it('with stream-exists is refused where there is none', async () => {
    await expect(append(1, STREAM_EXISTS)).rejects.toMatchObject(conflict(STREAM_EXISTS, NO_STREAM));
  });

  it('with stream-exists goes on with a stream', async () => {
    await append(1);
    expect((await append(1, STREAM_EXISTS)).nextExpectedRevision).toBe(1n);
  });

  it('with stream-exists takes a stream for existing that has metadata only', async () => {
    await store.client.setStreamMetadata(stream, { maxCount: 10 });
    expect((await append(1, STREAM_EXISTS)).nextExpectedRevision).toBe(0n);
  });

  it('of nothing succeeds and changes nothing', async () => {
    await append(2);
    expect((await append(0, ANY)).nextExpectedRevision).toBe(1n);
    expect(await revisions(store.client.readStream(stream))).toEqual([0, 1]);
  });

  it('gives the position of its last event', async () => {
    const result = await append(3);
    const [last] = await collect(store.client.readStream(stream, { fromRevision: 2n }));
    expect(last?.event?.position).toEqual(result.position);
  });

  it('has a higher position than every append before it', async () => {
    const commits: bigint[] = [];
    for (let n = 0; n < 10; n++) commits.push(positionOf(await store.fill(unique('order'), 1)).commit);
    expect(new Set(commits).size).toBe(10);
    expect([...commits].sort((a, b) => (a < b ? -1 : 1))).toEqual(commits);
  });

  it('lets one of many that race for a new stream win', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => append(1, NO_STREAM)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await revisions(store.client.readStream(stream))).toEqual([0]);
  });

  it('lets one of many that race at a revision win, each time', async () => {
    await append(1);
    for (let revision = 0n; revision < 4n; revision++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => append(1, revision)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
    expect(await revisions(store.client.readStream(stream))).toEqual(range(0, 5));
  });

  it('finds its way among many others under way', async () => {
    const names = Array.from({ length: 200 }, (_, n) => `${stream}-${n}`);
    const results = await Promise.all(names.map((name, n) => store.fill(name, 1 + (n % 3))));
    expect(results.map(({ nextExpectedRevision }) => Number(nextExpectedRevision))).toEqual(names.map((_, n) => n % 3));
  });

  it('keeps the order of its events, however many', async () => {
    await append(400);
    const read = await collect(store.client.readStream(stream));
    expect(read.map((resolved) => resolved.event?.data)).toEqual(range(0, 400).map((n) => ({ n })));
  });

  it('may be sent in many chunks', async () => {
    const result = await store.client.appendToStream(stream, events(500), { batchAppendSize: 2000 });
    expect(result.nextExpectedRevision).toBe(499n);
    expect(await revisions(store.client.readStream(stream))).toEqual(range(0, 500));
  });

  it('takes a stream name with spaces, slashes, percent signs and letters of any script', async () => {
    stream = unique('a b/c%20d ñ 漢字 😾');
    await append(1, NO_STREAM);
    const [read] = await collect(store.client.readStream(stream));
    expect(read?.event?.streamId).toBe(stream);
  });

  it('takes a system stream and a system event type', async () => {
    stream = unique('$contract');
    await store.client.appendToStream(stream, event('$contract'), { expectedRevision: NO_STREAM });
    const [read] = await collect(store.client.readStream(stream));
    expect(read?.event?.type).toBe('$contract');
  });
});

describe('the size of an append', () => {
  const store = useEventStore();
  const heavy = (bytes: number) => binaryEvent({ type: 'Heavy', data: new Uint8Array(bytes) });

  it('may come to nearly a mebibyte in one event', async () => {
    const result = await store.client.appendToStream(unique('size'), heavy(1_000_000));
    expect(result.nextExpectedRevision).toBe(0n);
  });

  it('may not be more than the maximum in one event', async () => {
    const appending = store.client.appendToStream(unique('size'), heavy(2_500_000));
    await expect(appending).rejects.toMatchObject({ type: 'maximum-append-size-exceeded' });
  });

  it('may not be more than the maximum in many events together', async () => {
    const appending = store.client.appendToStream(
      unique('size'),
      Array.from({ length: 30 }, () => heavy(100_000)),
    );
    await expect(appending).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
  });

  it('is named in the refusal, which leaves nothing behind', async () => {
    const stream = unique('size');
    const refused = await store.client.appendToStream(stream, heavy(2_500_000)).catch((error: unknown) => error);
    expect(refused instanceof MaxAppendSizeExceededError && refused.maxAppendSize).toBeGreaterThan(0);
    await expect(collect(store.client.readStream(stream))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('counts the metadata too', async () => {
    const metadata = { text: 'x'.repeat(2_500_000) };
    const appending = store.client.appendToStream(unique('size'), jsonEvent({ type: 'Heavy', data: {}, metadata }));
    await expect(appending).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
  });
});

describe('the deadline of an append', () => {
  const store = useEventStore();
  /** So much, in so many pieces, that it cannot be written within the time. */
  const late = () =>
    store.client.appendToStream(unique('deadline'), events(10_000), { deadline: 1, batchAppendSize: 100_000 });

  it('ends it with an error of its own', async () => {
    await expect(late()).rejects.toMatchObject({ type: 'deadline-exceeded' });
  });

  it('is no hindrance to the next append', async () => {
    await expect(late()).rejects.toBeInstanceOf(DeadlineExceededError);
    expect((await store.fill(unique('deadline'), 1)).nextExpectedRevision).toBe(0n);
  });
});

describe('the deadline of another call', () => {
  const store = useEventStore();

  it.each([
    ['delete', (stream: string) => store.client.deleteStream(stream, { deadline: 0 })],
    ['tombstone', (stream: string) => store.client.tombstoneStream(stream, { deadline: 0 })],
    ['look at a group', (stream: string) => store.client.getPersistentSubscriptionToAllInfo(stream, { deadline: 0 })],
  ])('ends a %s with an error of its own', async (_, call) => {
    await expect(call(unique('deadline'))).rejects.toMatchObject({ type: 'deadline-exceeded' });
  });
});
