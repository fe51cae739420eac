import {
  ANY,
  NO_STREAM,
  STREAM_EXISTS,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
  jsonEvent,
  type AppendExpectedRevision,
} from '@eventstore/db-client';
import { CASE_MS, collect, events, revisions, unique, useEventStore } from '../../../support/event-store/contract';

jest.setTimeout(CASE_MS);

/** Those of the connection, else any: a server without TLS asks nobody who he is. */
function credentials(): { username: string; password: string } {
  const [, username = 'anybody', password = 'secret'] =
    /^[^:]+:\/\/([^:@/]+):([^@/]+)@/.exec(process.env['ESDB_URL'] ?? '') ?? [];
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** Credentials given with a call switch batching off: the official client then sends an append on a call of its own. */
describe('an append on a call of its own', () => {
  const store = useEventStore();
  let stream: string;
  beforeEach(() => {
    stream = unique('single');
  });
  const append = (count: number, expectedRevision: AppendExpectedRevision = ANY, deadline?: number) =>
    store.client.appendToStream(stream, events(count), { expectedRevision, deadline, credentials: credentials() });

  it('says revision and position as a batched one does', async () => {
    const { nextExpectedRevision, position, success } = await append(3, NO_STREAM);
    expect([success, nextExpectedRevision]).toEqual([true, 2n]);
    const last = (await collect(store.client.readStream(stream))).at(-1);
    expect(last?.event?.position).toEqual(position);
  });

  it.each<[AppendExpectedRevision]>([[NO_STREAM], [0n], [7n]])(
    'that expects %s is refused where the stream is elsewhere',
    async (expected) => {
      await append(3);
      const refused = append(1, expected);
      await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
      await expect(refused).rejects.toMatchObject({ streamName: stream, expectedVersion: expected, actualVersion: 2n });
      expect(await revisions(store.client.readStream(stream))).toEqual([0, 1, 2]);
    },
  );

  it.each<[AppendExpectedRevision]>([[STREAM_EXISTS], [1n]])(
    'that expects %s is refused where there is no stream',
    async (expected) => {
      const refused = append(1, expected);
      await expect(refused).rejects.toMatchObject({ expectedVersion: expected, actualVersion: NO_STREAM });
    },
  );

  it('goes on behind the exact revision, and behind whatever there is', async () => {
    await append(1, NO_STREAM);
    await append(1, 0n);
    expect((await append(1, STREAM_EXISTS)).nextExpectedRevision).toBe(2n);
  });

  it('to a tombstoned stream is refused, naming it', async () => {
    await append(1);
    await store.client.tombstoneStream(stream);
    const refused = append(1);
    await expect(refused).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(refused).rejects.toMatchObject({ streamName: stream });
  });

  it('of too much is refused with what the most is, and leaves nothing', async () => {
    const large = Array.from({ length: 12 }, () => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(100_000) } }));
    const refused = store.client.appendToStream(stream, large, { credentials: credentials() });
    await expect(refused).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
    await expect(refused).rejects.toMatchObject({ maxAppendSize: expect.any(Number) });
    await expect(collect(store.client.readStream(stream))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('that would need longer than its deadline ends with it', async () => {
    await expect(append(20_000, ANY, 1)).rejects.toBeInstanceOf(DeadlineExceededError);
  });
});
