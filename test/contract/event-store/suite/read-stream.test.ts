import { BACKWARDS, END, FORWARDS, START, StreamNotFoundError, binaryEvent, jsonEvent } from '@eventstore/db-client';
import {
  CASE_MS,
  collect,
  event,
  events,
  range,
  revisions,
  unique,
  useEventStore,
} from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('a read of a stream', () => {
  const store = useEventStore();
  const stream = unique('read');
  type Options = Parameters<typeof store.client.readStream>[1];
  const read = (options?: Options) => revisions(store.client.readStream(stream, options));
  beforeAll(() => store.fill(stream, 8), CASE_MS);

  it('gives everything from the start', async () => {
    expect(await read()).toEqual(range(0, 8));
  });

  it('gives everything backwards from the end', async () => {
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual(range(0, 8).reverse());
  });

  it('begins with the revision it names', async () => {
    expect(await read({ fromRevision: 5n })).toEqual([5, 6, 7]);
  });

  it('begins with the revision it names backwards too', async () => {
    expect(await read({ direction: BACKWARDS, fromRevision: 2n })).toEqual([2, 1, 0]);
  });

  it('gives no more than it is asked for', async () => {
    expect(await read({ maxCount: 3 })).toEqual([0, 1, 2]);
    expect(await read({ maxCount: 2, fromRevision: 4n })).toEqual([4, 5]);
    expect(await read({ maxCount: 2, direction: BACKWARDS, fromRevision: END })).toEqual([7, 6]);
  });

  it('gives what there is when it is asked for more', async () => {
    expect(await read({ maxCount: 100, fromRevision: 6n })).toEqual([6, 7]);
  });

  it('gives the first event backwards from the start', async () => {
    expect(await read({ direction: BACKWARDS, fromRevision: START })).toEqual([0]);
  });

  it('is empty from behind the last revision', async () => {
    expect(await read({ fromRevision: 8n })).toEqual([]);
    expect(await read({ fromRevision: 1_000_000n })).toEqual([]);
  });

  it('begins at the last event backwards from behind it', async () => {
    expect(await read({ direction: BACKWARDS, fromRevision: 100n })).toEqual(range(0, 8).reverse());
  });

  it('of no events at all is an error', async () => {
    await expect(read({ maxCount: 0 })).rejects.toMatchObject({ type: 'unknown' });
  });

  it('forwards from the end is an error', async () => {
    await expect(read({ direction: FORWARDS, fromRevision: END })).rejects.toMatchObject({ type: 'unknown' });
  });

  it('of a stream that is not there says so', async () => {
    const missing = unique('missing');
    const reading = collect(store.client.readStream(missing));
    await expect(reading).rejects.toMatchObject({ type: 'stream-not-found', streamName: missing });
  });

  it('of a stream that is not there says so backwards too', async () => {
    const options = { direction: BACKWARDS, fromRevision: END } as const;
    const reading = collect(store.client.readStream(unique('missing'), options));
    await expect(reading).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  it('may be left half way', async () => {
    const long = unique('long');
    await store.fill(long, 500);
    for await (const resolved of store.client.readStream(long)) if (resolved.event?.revision === 3n) break;
    expect(await read({ maxCount: 1 })).toEqual([0]);
  });

  it('of a long stream gives all of it, both ways and from the middle', async () => {
    const long = unique('long');
    for (let n = 0; n < 6; n++) await store.fill(long, 200);
    expect(await revisions(store.client.readStream(long))).toEqual(range(0, 1200));
    const backwards = store.client.readStream(long, { direction: BACKWARDS, fromRevision: END });
    expect(await revisions(backwards)).toEqual(range(0, 1200).reverse());
    expect(await revisions(store.client.readStream(long, { fromRevision: 555n, maxCount: 300 }))).toEqual(
      range(555, 855),
    );
  });

  it('gives many readers the same', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => read()));
    expect(new Set(all.map((each) => each.join()))).toEqual(new Set([range(0, 8).join()]));
  });

  it('serves others while a slow reader has not taken its events', async () => {
    const heavy = unique('heavy');
    const big = binaryEvent({ type: 'Heavy', data: new Uint8Array(500_000) });
    for (let n = 0; n < 20; n++) await store.client.appendToStream(heavy, { ...big, id: event().id });
    const slow = store.client.readStream(heavy)[Symbol.asyncIterator]();
    await slow.next();
    expect(await read()).toEqual(range(0, 8));
    let rest = 1;
    while (!(await slow.next()).done) rest++;
    expect(rest).toBe(20);
  });
});

describe('an event that is read', () => {
  const store = useEventStore();
  const append = async (...sent: Parameters<typeof store.client.appendToStream>[1] extends infer E ? E[] : never) => {
    const stream = unique('event');
    for (const one of sent) await store.client.appendToStream(stream, one);
    return (await collect(store.client.readStream(stream))).map((resolved) => resolved.event);
  };

  it('has the id, type, stream and revision it was given', async () => {
    const sent = event('Kept');
    const [read] = await append(sent);
    expect(read).toMatchObject({ id: sent.id, type: 'Kept', revision: 0n, isJson: true });
  });

  it('has its JSON data and metadata', async () => {
    const data = { text: 'CC ‐ 1830', nested: [1, null, { deep: true }], number: 1.5 };
    const [read] = await append(jsonEvent({ type: 'Json', data, metadata: { m: 'ñ' } }));
    expect(read).toMatchObject({ data, metadata: { m: 'ñ' } });
  });

  it('may hold a JSON string', async () => {
    const [read] = await append(jsonEvent({ type: 'Text', data: 'CC ‐ 1830' }));
    expect(read?.data).toBe('CC ‐ 1830');
  });

  it('has no metadata if it was given none', async () => {
    const read = await append(event(), binaryEvent({ type: 'Binary', data: Buffer.from('x') }));
    expect(read.map((each) => each?.metadata)).toEqual([undefined, undefined]);
  });

  it('has binary data of every size as it was, and says that it is binary', async () => {
    const sizes = [0, 1, 127, 128, 2000, 4096, 65_536, 900_000];
    const pattern = (size: number) => Uint8Array.from({ length: size }, (_, n) => n % 251);
    const read = await append(...sizes.map((size) => binaryEvent({ type: 'Sized', data: pattern(size) })));
    expect(read.map((each) => each?.isJson)).toEqual(sizes.map(() => false));
    const kept = read.filter((each, n) =>
      pattern(sizes[n] ?? 0).every((byte, at) => byte === (each?.data as Uint8Array)[at]),
    );
    expect(kept.map((each) => (each?.data as Uint8Array).length)).toEqual(sizes);
  });

  it('may have binary metadata', async () => {
    const metadata = Uint8Array.from([1, 2, 255]);
    const [read] = await append(jsonEvent({ type: 'Mixed', data: { a: 1 }, metadata }));
    expect(Buffer.from(read?.metadata as Uint8Array)).toEqual(Buffer.from(metadata));
  });

  it('has a type in letters of any script', async () => {
    const [read] = await append(event('Nachricht geändert 漢字'));
    expect(read?.type).toBe('Nachricht geändert 漢字');
  });

  it('has a time that lies near the present and never goes back in a stream', async () => {
    const read = await append(...events(5));
    const times = read.map((each) => each?.created.getTime() ?? 0);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    // The clocks of two machines may differ.
    expect(Math.abs(Date.now() - (times[0] ?? 0))).toBeLessThan(3_600_000);
  });

  it('has positions that rise with its revision', async () => {
    const read = await append(...events(5));
    const commits = read.map((each) => each?.position?.commit ?? 0n);
    expect([...commits].sort((a, b) => (a < b ? -1 : 1))).toEqual(commits);
    expect(new Set(commits).size).toBe(5);
  });
});
