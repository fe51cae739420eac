import { ANY, NO_STREAM, STREAM_EXISTS, WrongExpectedVersionError } from '@eventstore/db-client';
import { CASE_MS, event, events, revisions, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

describe('an append that is sent again', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(() => {
    stream = unique('again');
  });
  type Expectation = bigint | typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS;
  const append = (sent: ReturnType<typeof events>, expectedRevision: Expectation) =>
    store.client.appendToStream(stream, sent, { expectedRevision });
  const stored = () => revisions(store.client.readStream(stream));

  it('under no-stream is answered as it was, and stored once', async () => {
    const batch = events(3);
    const first = await append(batch, NO_STREAM);
    const second = await append(batch, NO_STREAM);
    expect(second).toMatchObject({ success: true, nextExpectedRevision: first.nextExpectedRevision });
    expect(await stored()).toEqual([0, 1, 2]);
  });

  it('at an exact revision is answered as it was, and stored once', async () => {
    await append(events(2), NO_STREAM);
    const batch = events(2);
    await append(batch, 1n);
    expect((await append(batch, 1n)).nextExpectedRevision).toBe(3n);
    expect(await stored()).toEqual([0, 1, 2, 3]);
  });

  it('is answered so after others have written behind it', async () => {
    const batch = events(2);
    await append(batch, NO_STREAM);
    await append(events(3), 1n);
    expect((await append(batch, NO_STREAM)).nextExpectedRevision).toBe(1n);
    expect(await stored()).toHaveLength(5);
  });

  it('at an exact revision is answered so after others have written behind it', async () => {
    await append(events(1), NO_STREAM);
    const batch = events(2);
    await append(batch, 0n);
    await append(events(1), 2n);
    expect((await append(batch, 0n)).nextExpectedRevision).toBe(2n);
    expect(await stored()).toHaveLength(4);
  });

  it('in its leading part only, under no-stream, is a success at the revision of that part', async () => {
    const batch = events(3);
    await append(batch, NO_STREAM);
    expect((await append(batch.slice(0, 2), NO_STREAM)).nextExpectedRevision).toBe(1n);
  });

  it('in its leading part only, at an exact revision, is a success too', async () => {
    await append(events(1), NO_STREAM);
    const batch = events(3);
    await append(batch, 0n);
    expect((await append(batch.slice(0, 1), 0n)).nextExpectedRevision).toBe(1n);
  });

  it('with one event more, under no-stream, is a conflict', async () => {
    const batch = events(3);
    await append(batch.slice(0, 2), NO_STREAM);
    await expect(append(batch, NO_STREAM)).rejects.toMatchObject({ actualVersion: 1n, expectedVersion: NO_STREAM });
    expect(await stored()).toEqual([0, 1]);
  });

  it('with one event more, at an exact revision, is a conflict', async () => {
    await append(events(1), NO_STREAM);
    const batch = events(3);
    await append(batch.slice(0, 2), 0n);
    await expect(append(batch, 0n)).rejects.toMatchObject({ actualVersion: 2n, expectedVersion: 0n });
    expect(await stored()).toEqual([0, 1, 2]);
  });

  it('with its events in another order is a conflict', async () => {
    const batch = events(2);
    await append(batch, NO_STREAM);
    await expect(append([...batch].reverse(), NO_STREAM)).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('at another revision than before is a conflict', async () => {
    const batch = events(1);
    await append(events(2), NO_STREAM);
    await append(batch, 1n);
    await expect(append(batch, 0n)).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('at the revision it led to is stored a second time', async () => {
    const batch = events(1);
    await append(batch, NO_STREAM);
    expect((await append(batch, 0n)).nextExpectedRevision).toBe(1n);
    expect(await stored()).toEqual([0, 1]);
  });

  it('with any is a success without being stored', async () => {
    const batch = events(2);
    await append(batch, ANY);
    expect((await append(batch, ANY)).nextExpectedRevision).toBe(1n);
    expect(await stored()).toEqual([0, 1]);
  });

  it('with any is not stored either after others came between', async () => {
    const batch = events(1);
    await append(batch, ANY);
    await append(events(2), ANY);
    expect((await append(batch, ANY)).nextExpectedRevision).toBe(0n);
    expect(await stored()).toHaveLength(3);
  });

  it('with any, and one event more behind it, is a conflict', async () => {
    const batch = events(2);
    await append(batch.slice(0, 1), ANY);
    await expect(append(batch, ANY)).rejects.toBeInstanceOf(WrongExpectedVersionError);
    expect(await stored()).toEqual([0]);
  });

  it('with any, behind a new event, is stored again: any promises little', async () => {
    const [old] = events(1);
    await append([old as ReturnType<typeof event>], ANY);
    await append([event(), old as ReturnType<typeof event>], ANY);
    expect(await stored()).toEqual([0, 1, 2]);
  });

  it('with stream-exists is a success without being stored', async () => {
    await append(events(1), NO_STREAM);
    const batch = events(1);
    await append(batch, STREAM_EXISTS);
    expect((await append(batch, STREAM_EXISTS)).nextExpectedRevision).toBe(1n);
    expect(await stored()).toEqual([0, 1]);
  });

  it('to another stream is another append', async () => {
    const batch = events(1);
    await append(batch, ANY);
    stream = unique('again');
    expect((await append(batch, ANY)).nextExpectedRevision).toBe(0n);
    expect(await stored()).toEqual([0]);
  });
});

describe('two events with one id', () => {
  const store = useEventStore();

  it('are both stored when they come in one append', async () => {
    const stream = unique('twice');
    const same = event();
    await store.client.appendToStream(stream, [same, same], { expectedRevision: NO_STREAM });
    expect(await revisions(store.client.readStream(stream))).toEqual([0, 1]);
  });
});
