import { isDeepStrictEqual } from 'node:util';
import { Type } from '@sinclair/typebox';
import type { EventStore } from '../../../src/application/ports/event-store';
import { WrongExpectedRevision } from '../../../src/application/ports/event-store';
import { runDecider } from '../../../src/application/shared/run-decider';
import { messageDecider } from '../../../src/domain/message/decider';
import { streams } from '../../../src/domain/shared/streams';
import { CryptoIdSource } from '../../../src/infrastructure/crypto/id-source';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { UndecodableStream } from '../../../src/infrastructure/event-store/event-store-adapter';
import { EventCodec } from '../../../src/infrastructure/event-store/registry/event-codec';
import { first } from '../../../src/infrastructure/event-store/registry/event-definition';
import { EVENT_REGISTRY, eventRegistry } from '../../../src/infrastructure/event-store/registry/event-registry';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { listParked } from '../../../src/infrastructure/projections/parked-streams';
import { ProjectionEngine } from '../../../src/infrastructure/projections/projection-engine';
import { messagesProjection } from '../../../src/projections/messages/messages.projection';
import { AdapterUnderTest } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { queued, sealed, testId } from '../../support/message-events';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { rawLog, type RawEvent } from '../../support/raw-log';
import { StoreProcess } from '../../support/store-process';

const MESSAGES = 20;
const clock = new SystemClock();
const ids = new CryptoIdSource(clock);

/** A program from before MessageQueued had a network and a batch: it writes version 1, and knows no other. */
function olderCodec(): EventCodec {
  const { summary, schema } = EVENT_REGISTRY.MessageQueued;
  const { network: _network, batchId: _batchId, ...properties } = schema.properties;
  const version1 = Type.Object(properties, { additionalProperties: false });
  return new EventCodec(new Map(eventRegistry).set('MessageQueued', first(summary, version1)));
}

/** As the codec takes it. */
const queuedByNewer = (n: number): ReturnType<typeof queued> =>
  queued(n, { to: sealed(testId('sub', n), 'to'), body: sealed(testId('sub', n), 'body') });

/** As the older program had it in memory. */
function queuedByOlder(n: number): ReturnType<typeof queued> {
  const event = queuedByNewer(n);
  const { network: _network, batchId: _batchId, ...data } = event.data;
  return { ...event, data } as typeof event;
}

jest.setTimeout(120_000);

/** Row 112: while a new version is rolled out, processes of both write to one log and project it. */
describe('an old and a new process on one store', () => {
  let store: StoreProcess;
  let db: MigratedDatabase;
  let older: AdapterUnderTest;
  let newer: AdapterUnderTest;
  const stopping: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [store, db] = await Promise.all([StoreProcess.start(), migratedDatabase()]);
    older = new AdapterUnderTest(store.url, olderCodec());
    newer = new AdapterUnderTest(store.url);
  });
  afterAll(async () => {
    for (const stop of stopping) await stop();
    await Promise.all([older?.close(), newer?.close()]);
    await Promise.all([store?.remove(), db?.close()]);
  });

  /** The projector of a process; both stand for the same role. */
  function project({ store: items, subscriptions, logger, metrics }: AdapterUnderTest): () => Promise<void> {
    const timings = { tryEveryMs: 50, heartbeatEveryMs: 100, answerWithinMs: 5_000 };
    const leadership = new PostgresLeadership(db.as('waht_worker'), logger, timings);
    const engine = new ProjectionEngine(
      ...([subscriptions, db.as('waht_projector'), leadership, metrics, logger, clock] as const),
      { roles: new Set(['projector']), environment: 'development', databaseUrl: db.url, databaseOwnerUrl: null },
      items,
      { isVerified: true, mismatch: null },
    );
    engine.register(messagesProjection);
    engine.onApplicationBootstrap();
    let stopped = false;
    const stop = async (): Promise<void> => {
      if (stopped) return;
      stopped = true;
      await engine.beforeApplicationShutdown();
      await leadership.close();
    };
    stopping.push(stop);
    return stop;
  }

  const context = (customerId: string) => {
    const commandId = ids.uuid();
    const actor = { kind: 'system', id: 'test' } as const;
    const metadata = { correlationId: commandId, causationId: commandId, customerId, actor, at: clock.iso() };
    return { commandId, metadata, timeoutMs: 20_000 };
  };
  const accept = (by: EventStore, event: ReturnType<typeof queued>): Promise<bigint> => {
    const { metadata } = context(event.data.customerId);
    const stream = streams.message(event.data.messageId);
    return by.append(stream, 'no_stream', [{ id: ids.uuid(), event, metadata }], { deadlineMs: 20_000 });
  };
  /** @returns how many events it led to; null: refused, since the stream cannot be read whole. */
  async function cancel(by: EventStore, n: number): Promise<number | null> {
    try {
      const { events } = await runDecider(by, ids, {
        decider: messageDecider,
        stream: streams.message(testId('msg', n)),
        command: { type: 'CancelMessage' },
        context: context(testId('cus', 1)),
      });
      return events.length;
    } catch (error) {
      if (error instanceof UndecodableStream) return null;
      throw error;
    }
  }
  const numbers = (from: number): number[] => Array.from({ length: MESSAGES }, (_, i) => from + i);
  const byOlder = numbers(1);
  const byNewer = numbers(1 + MESSAGES);
  const typesOf = (log: readonly RawEvent[], n: number): string[] =>
    log.filter(({ stream }) => stream === streams.message(testId('msg', n))).map(({ type }) => type);
  const statuses = async (): Promise<Record<string, string>> => {
    const { rows } = await db.database.query<{ message_id: string; status: string }>({
      text: 'SELECT message_id, status FROM messages',
    });
    return Object.fromEntries(rows.map(({ message_id, status }) => [message_id, status]));
  };
  const all = (ns: readonly number[], status: string): Record<string, string> =>
    Object.fromEntries(ns.map((n) => [testId('msg', n), status]));

  it('write beside each other; what one cannot read whole it decides nothing on', async () => {
    const stopOlder = project(older);
    await eventually(() => Promise.resolve(older.logger.lines.some(({ message }) => message === 'leading')), 20_000);
    project(newer);
    await Promise.all([
      ...byOlder.map((n) => accept(older.store, queuedByOlder(n))),
      ...byNewer.map((n) => accept(newer.store, queuedByNewer(n))),
    ]);
    // Both at once on every stream: of those that both can read one of the two wins, and the other sees that it was done.
    const [done, refused] = await Promise.all([
      Promise.all([...byOlder, ...byNewer].map((n) => cancel(newer.store, n))),
      Promise.all([...byOlder, ...byNewer].map((n) => cancel(older.store, n))),
    ]);
    expect(refused.slice(MESSAGES)).toEqual(byNewer.map(() => null));
    expect(done.slice(MESSAGES)).toEqual(byNewer.map(() => 1));
    for (const i of byOlder.keys()) expect((done[i] ?? 0) + (refused[i] ?? 0)).toBe(1);
    const log = await rawLog(store.url);
    for (const n of [...byOlder, ...byNewer]) expect(typesOf(log, n)).toEqual(['MessageQueued', 'MessageCancelled']);

    // The old projector goes on with what it can read, and holds back the rest.
    await eventually(async () => (await listParked(db.database)).length === MESSAGES, 30_000);
    await eventually(async () => isDeepStrictEqual(await statuses(), all(byOlder, 'cancelled')), 30_000);
    const parked = await listParked(db.database);
    expect(new Set(parked.map(({ problem }) => problem))).toEqual(new Set(['newer_version']));
    expect(parked.map(({ stream }) => stream).sort()).toEqual(byNewer.map((n) => streams.message(testId('msg', n))));
    await stopOlder();
  });

  it('and once the new one leads, nothing is missing', async () => {
    await eventually(async () => Object.keys(await statuses()).length === 2 * MESSAGES, 30_000);
    await eventually(async () => (await listParked(db.database)).length === 0, 30_000);
    expect(await statuses()).toEqual(all([...byOlder, ...byNewer], 'cancelled'));
  });

  it('and neither begins a stream that the other has begun', async () => {
    await expect(accept(older.store, queuedByOlder(byNewer[0] ?? 0))).rejects.toBeInstanceOf(WrongExpectedRevision);
    await expect(accept(newer.store, queuedByNewer(byOlder[0] ?? 0))).rejects.toBeInstanceOf(WrongExpectedRevision);
  });
});
