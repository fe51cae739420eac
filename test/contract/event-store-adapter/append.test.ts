import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  AppendTooLarge,
  StreamDeleted,
  WrongExpectedRevision,
  type ExpectedRevision,
} from '../../../src/application/ports/event-store';
import { AdapterUnderTest } from '../../support/adapter';
import { credited, reserved } from '../../support/event-builders';
import { testEventStoreUrl } from '../../support/services';

describe('appending', () => {
  let adapter: AdapterUnderTest;
  let official: EventStoreDBClient;
  let stream: string;

  beforeAll(() => {
    adapter = new AdapterUnderTest(testEventStoreUrl());
    official = EventStoreDBClient.connectionString(testEventStoreUrl());
  });
  afterAll(async () => {
    await adapter.close();
    await official.dispose();
  });
  beforeEach(() => {
    stream = `wallet-append-${randomUUID()}`;
  });

  const append = (expected: ExpectedRevision, ...events: ReturnType<typeof reserved>[]): Promise<bigint> =>
    adapter.store.append(stream, expected, events);

  it('gives the last revision, and counts what became of it', async () => {
    expect(await append('no_stream', reserved(1), reserved(2), reserved(3))).toBe(2n);
    expect(await append(2n, reserved(4))).toBe(3n);
    await expect(append(1n, reserved(5))).rejects.toThrow(WrongExpectedRevision);
    expect(adapter.metrics.appends.slice(-3)).toEqual(['ok', 'ok', 'conflict']);
  });

  it.each([
    ['no_stream', 'a stream that exists', 2, 1n],
    [0n, 'an older revision', 2, 1n],
    [7n, 'a revision that is not there yet', 2, 1n],
    [0n, 'a missing stream', 0, 'no_stream'],
  ] as const)('refuses %s on %s, and says what there is', async (expected, _name, existing, actual) => {
    if (existing > 0) await append('no_stream', ...Array.from({ length: existing }, (_, n) => reserved(n)));
    const error: unknown = await append(expected, reserved(9)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WrongExpectedRevision);
    expect(error).toMatchObject({ stream, expected, actual });
    expect(await adapter.store.readStream(stream)).toHaveLength(existing);
  });

  it('takes the same append twice as one, also behind later events', async () => {
    const batch = [reserved(1), reserved(2)];
    expect(await append('no_stream', ...batch)).toBe(1n);
    expect(await append('no_stream', ...batch)).toBe(1n);
    const next = reserved(3);
    expect(await append(1n, next)).toBe(2n);
    expect(await append(1n, next)).toBe(2n);
    expect(await append('no_stream', ...batch)).toBe(1n);
    expect((await adapter.store.readStream(stream)).map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
  });

  it('lets one of many through at one revision', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => adapter.store.append(stream, 'no_stream', [reserved(n)])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ actual: 0n });
    }
  });

  it('keeps apart what is in flight at once', async () => {
    const streams = Array.from({ length: 300 }, (_, n) => `${stream}-${n}`);
    const revisions = await Promise.all(
      streams.map((name, n) =>
        adapter.store.append(
          name,
          'no_stream',
          Array.from({ length: 1 + (n % 4) }, () => reserved(n)),
        ),
      ),
    );
    expect(revisions).toEqual(streams.map((_name, n) => BigInt(n % 4)));
  });

  it('is read by the official client as it was written, with the conventional metadata', async () => {
    const event = reserved('ş😀');
    await append('no_stream', event);
    for await (const { event: read } of official.readStream(stream)) {
      expect(read).toMatchObject({ id: event.id, type: 'FundsReserved', data: event.event.data, isJson: true });
      expect(read?.metadata).toMatchObject({ $correlationId: event.metadata.correlationId, schema: 1 });
    }
  });

  it('says when one is too large, without asking and with', async () => {
    await expect(adapter.store.append(stream, 'no_stream', [credited(1_100_000)])).rejects.toThrow(AppendTooLarge);
    const half = credited(1_048_200);
    await expect(adapter.store.append(stream, 'no_stream', [half, reserved(1)])).rejects.toThrow(AppendTooLarge);
    expect(await adapter.store.append(stream, 'no_stream', [credited(1_000_000)])).toBe(0n);
  });

  it('says when a stream was tombstoned', async () => {
    await append('no_stream', reserved(1));
    await official.tombstoneStream(stream);
    await expect(append(0n, reserved(2))).rejects.toThrow(StreamDeleted);
    await expect(adapter.store.readStream(stream)).rejects.toThrow(StreamDeleted);
  });

  it('goes on with the revisions after a soft delete', async () => {
    await append('no_stream', reserved(1), reserved(2));
    await official.deleteStream(stream);
    expect(await adapter.store.readStream(stream)).toEqual([]);
    expect(await append('no_stream', reserved(3))).toBe(2n);
  });

  it.each([
    ['an empty stream name', '', [reserved(1)]],
    ['no event at all', 'wallet-x', []],
    ['an empty type', 'wallet-x', [{ ...reserved(1), event: { type: '', data: {} } }]],
  ])('never sends %s, which the server answers twice or never', async (_name, name, events) => {
    await expect(adapter.store.append(name, 'no_stream', events)).rejects.toThrow();
    expect(await append('no_stream', reserved(2))).toBe(0n);
  });
});

describe('reading a stream', () => {
  let adapter: AdapterUnderTest;
  beforeAll(() => {
    adapter = new AdapterUnderTest(testEventStoreUrl());
  });
  afterAll(() => adapter.close());

  it('gives from where and as many as asked, and nothing of a missing one', async () => {
    const stream = `wallet-read-${randomUUID()}`;
    const events = Array.from({ length: 10 }, (_, n) => reserved(n));
    await adapter.store.append(stream, 'no_stream', events);
    const all = await adapter.store.readStream(stream);
    expect(all.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(all[3]).toMatchObject({ stream, revision: 3n, data: events[3]?.event.data, type: 'FundsReserved' });
    expect(all[3]?.metadata).toEqual({ ...events[3]?.metadata, schema: 1 });
    expect((await adapter.store.readStream(stream, 4n, 3)).map(({ revision }) => revision)).toEqual([4n, 5n, 6n]);
    expect(await adapter.store.readStream(stream, 10n)).toEqual([]);
    expect(await adapter.store.readStream(stream, 0n, 0)).toEqual([]);
    expect(await adapter.store.readStream(`wallet-missing-${randomUUID()}`)).toEqual([]);
    for (let n = 1; n < all.length; n++) {
      expect((all[n]?.position.commit ?? 0n) > (all[n - 1]?.position.commit ?? 0n)).toBe(true);
    }
  });

  it('refuses to hand out a stream that holds what cannot be read', async () => {
    const stream = `wallet-foreign-${randomUUID()}`;
    const official = EventStoreDBClient.connectionString(testEventStoreUrl());
    await official.appendToStream(stream, jsonEvent({ type: 'SomebodyElsesEvent', data: {} }));
    await official.dispose();
    await expect(adapter.store.readStream(stream)).rejects.toThrow('unknown_type');
  });
});
