import { setTimeout as delay } from 'node:timers/promises';
import { LogMismatch, type RecordedEvent } from '../../../src/application/ports/event-store';
import type { EventProjection } from '../../../src/application/ports/projection';
import type { FeedItem, UndecodableEvent } from '../../../src/application/ports/subscriptions';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { letGo, listParked, NotParked } from '../../../src/infrastructure/projections/parked-streams';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { ProjectionEngine } from '../../../src/infrastructure/projections/projection-engine';
import { ProjectionFeed } from '../../../src/infrastructure/projections/projection-feed';
import { MemoryLogger, MemoryMetrics } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { MemoryFeed } from '../../support/memory-feed';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

type Trouble = (event: RecordedEvent) => 'throw' | 'sql' | null;

/** Adds up by stream; refuses single events as it is told, in code or in Postgres. */
function adder(trouble: Trouble, name = 'sums'): EventProjection {
  return {
    kind: 'events',
    name,
    version: 1,
    tables: [{ name: 'sums' }],
    handles: ['Added'],
    async apply(events, sql) {
      const rows = new Map<string, { sum: number; revision: bigint }>();
      for (const event of events) {
        const failing = trouble(event);
        if (failing === 'throw') throw new TypeError('cannot read "+254712345678" of this event');
        if (failing === 'sql') await sql.query({ text: `SELECT 'x'::int` });
        const before = rows.get(event.stream)?.sum ?? 0;
        rows.set(event.stream, { sum: before + 1, revision: event.revision });
      }
      for (const [stream, { sum, revision }] of rows) {
        const text = `INSERT INTO sums AS s VALUES ($1, $2, $3) ON CONFLICT (stream)
                      DO UPDATE SET sum = s.sum + excluded.sum, revision = excluded.revision`;
        await sql.query({ text, values: [stream, sum, revision.toString()] });
      }
    },
  };
}

jest.setTimeout(60_000);

describe('poison events', () => {
  let db: MigratedDatabase;
  let log: TestLog;
  let feed: MemoryFeed;
  let logger: MemoryLogger;
  let metrics: MemoryMetrics;
  const stopping: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    db = await migratedDatabase();
    await db.database.query({ text: 'CREATE TABLE sums (stream text PRIMARY KEY, sum int NOT NULL, revision bigint)' });
    log = new TestLog();
    feed = new MemoryFeed();
    logger = new MemoryLogger();
    metrics = new MemoryMetrics();
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    await db.close();
  });

  /** `n` events over streams thing-0 … thing-6 in turn. */
  const write = (n: number): void => {
    for (let i = 0; i < n; i++)
      feed.items.push(feedItem(log.append(`thing-${log.all.length % 7}`, { type: 'Added', data: {} })));
  };
  const spoil = (index: number, problem: UndecodableEvent['problem']): void => {
    const item = feed.items[index];
    if (item === undefined) throw new Error('no such event');
    const { id, stream, revision, type, position, created } = item.event;
    const event = { id, stream, revision, type, position, created, problem, detail: `as if ${problem}` };
    feed.items[index] = { kind: 'undecodable', event, raw: item.raw };
  };
  const mend = (index: number): void => {
    const event = log.all[index];
    if (event !== undefined) feed.items[index] = feedItem(event);
  };

  function start(projection: EventProjection, batchSize = 50): () => Promise<unknown> {
    const term = new AbortController();
    const one = new ProjectionFeed(
      { subscriptions: feed, database: db.database, metrics, logger: logger, clock: new SystemClock() },
      { batchSize, lingerMs: 0, busyLingerMs: 0, firstPauseMs: 20, longestPauseMs: 100 },
    );
    const running = one.follow(projection, term.signal);
    const stop = (): Promise<unknown> => {
      term.abort();
      return running;
    };
    stopping.push(() => stop().catch(() => undefined));
    return stop;
  }

  const sums = async (): Promise<number[]> => {
    const { rows } = await db.database.query<{ stream: string; sum: number }>({ text: 'SELECT stream, sum FROM sums' });
    return [0, 1, 2, 3, 4, 5, 6].map((i) => rows.find(({ stream }) => stream === `thing-${i}`)?.sum ?? 0);
  };
  const until = (expected: number[]): Promise<void> =>
    eventually(async () => JSON.stringify(await sums()) === JSON.stringify(expected), 10_000);
  const parked = async () =>
    (await listParked(db.database)).map(({ stream, revision, held, problem }) => ({ stream, revision, held, problem }));
  /** As the store would read it. */
  const readItems = (stream: string, from: bigint, maxCount: number): Promise<FeedItem[]> =>
    Promise.resolve(
      feed.items.filter(({ event }) => event.stream === stream && event.revision >= from).slice(0, maxCount),
    );
  const release = (action: 'retry' | 'skip', projection: EventProjection, stream: string, note: string | null) =>
    letGo({ database: db.database, store: { readItems } }, projection, { action, stream, note, actor: 'amina' });

  it.each(['throw', 'sql'] as const)(
    'parks the stream of an event that cannot be applied (%s), and only that',
    async (how) => {
      write(70);
      start(adder(({ stream, revision }) => (stream === 'thing-3' && revision === 4n ? how : null)));
      await until([10, 10, 10, 4, 10, 10, 10]);
      write(14);
      await until([12, 12, 12, 4, 12, 12, 12]);
      expect(await parked()).toEqual([{ stream: 'thing-3', revision: '4', held: '8', problem: 'apply_failed' }]);
      expect(metrics.others).toContain('sums parked 1');
      const lines = logger.lines.filter(({ level }) => level === 'error');
      expect(lines).toMatchObject([{ fields: { stream: 'thing-3', revision: '4', projection: 'sums' } }]);
      // What code or Postgres says of an event may quote it.
      expect(JSON.stringify([lines, await listParked(db.database)])).not.toContain('254712345678');
    },
  );

  it('finds several in one batch, among streams and within one', async () => {
    write(140);
    const bad = ({ stream, revision }: RecordedEvent): boolean =>
      (stream === 'thing-0' && revision === 0n) ||
      (stream === 'thing-5' && revision === 19n) ||
      (stream === 'thing-2' && (revision === 7n || revision === 9n));
    start(
      adder((event) => (bad(event) ? 'throw' : null)),
      200,
    );
    await until([0, 20, 7, 20, 20, 19, 20]);
    expect(await parked()).toEqual([
      { stream: 'thing-0', revision: '0', held: '20', problem: 'apply_failed' },
      { stream: 'thing-2', revision: '7', held: '13', problem: 'apply_failed' },
      { stream: 'thing-5', revision: '19', held: '1', problem: 'apply_failed' },
    ]);
  });

  it.each(['corrupt', 'newer_version'] as const)('parks the stream of an event that is %s', async (problem) => {
    write(21);
    spoil(8, problem);
    const stop = start(adder(() => null));
    await until([3, 1, 3, 3, 3, 3, 3]);
    expect(await parked()).toEqual([{ stream: 'thing-1', revision: '1', held: '2', problem }]);
    await stop();
    write(7);
    start(adder(() => null));
    await until([4, 1, 4, 4, 4, 4, 4]);
    expect(await parked()).toMatchObject([{ held: '3' }]);
  });

  it('passes over one of a type that it does not handle, whatever is the matter with it', async () => {
    write(7);
    feed.items.push(feedItem(log.append('thing-0', { type: 'Other', data: {} })));
    spoil(7, 'corrupt');
    write(6);
    start(adder(() => null));
    await until([1, 2, 2, 2, 2, 2, 2]);
    expect(await parked()).toEqual([]);
  });

  it.each([
    ['53100', 'the disk is full'],
    ['57P01', 'Postgres is shut down'],
    ['25006', 'it is read-only'],
    ['42501', 'a right is missing'],
  ])('parks nothing for want of Postgres (%s: %s)', async (state) => {
    let failures = 0;
    const projection: EventProjection = {
      ...adder(() => null),
      async apply(events, sql) {
        if (failures++ < 3)
          await sql.query({ text: `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${state}'; END $$` });
        await adder(() => null).apply(events, sql);
      },
    };
    write(14);
    start(projection);
    await until([2, 2, 2, 2, 2, 2, 2]);
    expect(failures).toBeGreaterThanOrEqual(4);
    expect(await parked()).toEqual([]);
  });

  it('parks nothing when the connection breaks in the middle of a batch', async () => {
    let failures = 0;
    const projection: EventProjection = {
      ...adder(() => null),
      async apply(events, sql) {
        if (failures++ < 3) await sql.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' });
        await adder(() => null).apply(events, sql);
      },
    };
    write(14);
    start(projection);
    await until([2, 2, 2, 2, 2, 2, 2]);
    expect(await parked()).toEqual([]);
  });

  it('stops rather than parking all there is: then the projection is broken', async () => {
    for (let i = 0; i < 1_005; i++) feed.items.push(feedItem(log.append(`many-${i}`, { type: 'Added', data: {} })));
    start(
      adder(() => 'throw'),
      2_000,
    );
    await eventually(
      () =>
        Promise.resolve(
          logger.lines.some(({ fields }) => String(Reflect.get(fields, 'err')).includes('TooManyParked')),
        ),
      20_000,
    );
    expect(await parked()).toEqual([]);
  });

  describe('let go again', () => {
    let isMended = false;
    const projection = adder(({ stream, revision }) =>
      !isMended && stream === 'thing-3' && revision === 2n ? 'sql' : null,
    );
    beforeEach(async () => {
      isMended = false;
      write(35);
      start(projection);
      await until([5, 5, 5, 2, 5, 5, 5]);
    });
    const interventions = async () =>
      (
        await db.database.query({
          text: 'SELECT actor, action, note, stream, revision, applied, parked_at FROM projection_interventions',
        })
      ).rows;

    it('by a retry, while the projection runs: what was held back is applied in order, and what comes flows', async () => {
      isMended = true;
      expect(await release('retry', projection, 'thing-3', null)).toEqual({ applied: 3, parkedAt: null });
      expect(await sums()).toEqual([5, 5, 5, 5, 5, 5, 5]);
      write(7);
      await until([6, 6, 6, 6, 6, 6, 6]);
      expect(await parked()).toEqual([]);
      expect(await interventions()).toEqual([
        {
          actor: 'amina',
          action: 'retry',
          note: null,
          stream: 'thing-3',
          revision: '2',
          applied: '3',
          parked_at: null,
        },
      ]);
    });

    it('stays parked where the retry meets the same trouble', async () => {
      expect(await release('retry', projection, 'thing-3', null)).toEqual({ applied: 0, parkedAt: 2n });
      expect(await sums()).toEqual([5, 5, 5, 2, 5, 5, 5]);
      expect(await parked()).toEqual([{ stream: 'thing-3', revision: '2', held: '3', problem: 'apply_failed' }]);
    });

    it('by a skip with a note: the event is passed over, what follows it is applied', async () => {
      expect(await release('skip', projection, 'thing-3', 'a duplicate of revision 1')).toEqual({
        applied: 2,
        parkedAt: null,
      });
      expect(await sums()).toEqual([5, 5, 5, 4, 5, 5, 5]);
      write(7);
      await until([6, 6, 6, 5, 6, 6, 6]);
      expect(await interventions()).toMatchObject([
        { action: 'skip', note: 'a duplicate of revision 1', revision: '2' },
      ]);
      const edit = db.database.query({ text: `UPDATE projection_interventions SET note = 'x'` });
      await expect(edit).rejects.toThrow('append-only');
    });

    it('parks again at the next event that is no good', async () => {
      spoil(
        log.all.findIndex(({ stream, revision }) => stream === 'thing-3' && revision === 3n),
        'corrupt',
      );
      expect(await release('skip', projection, 'thing-3', 'known')).toEqual({ applied: 0, parkedAt: 3n });
      expect(await parked()).toEqual([{ stream: 'thing-3', revision: '3', held: '2', problem: 'corrupt' }]);
      mend(log.all.findIndex(({ stream, revision }) => stream === 'thing-3' && revision === 3n));
      expect(await release('retry', projection, 'thing-3', null)).toEqual({ applied: 2, parkedAt: null });
      expect(await sums()).toEqual([5, 5, 5, 4, 5, 5, 5]);
    });

    it('says so where nothing is parked', async () => {
      await expect(release('retry', projection, 'thing-4', null)).rejects.toBeInstanceOf(NotParked);
    });
  });

  describe('of a newer version, once a program that reads it is started', () => {
    /** A process that projects; it stops like one that is replaced by the next version. */
    function process(integrity: { isVerified: boolean; mismatch: LogMismatch | null }): () => Promise<void> {
      const leadership = new PostgresLeadership(db.database, logger, {
        tryEveryMs: 50,
        heartbeatEveryMs: 100,
        answerWithinMs: 5_000,
      });
      const engine = new ProjectionEngine(
        ...([feed, db.as('waht_projector'), leadership, metrics, logger, new SystemClock()] as const),
        {
          roles: new Set(['projector'] as const),
          environment: 'development',
          databaseUrl: db.url,
          databaseOwnerUrl: null,
        },
        { readItems },
        integrity,
      );
      engine.register(adder(() => null));
      engine.onApplicationBootstrap();
      const stop = async (): Promise<void> => {
        await engine.beforeApplicationShutdown();
        await leadership.close();
      };
      stopping.push(stop);
      return stop;
    }
    const sound = { isVerified: true, mismatch: null };
    const interventions = async () =>
      (
        await db.database.query({
          text: 'SELECT actor, action, stream, applied::int, parked_at::int FROM projection_interventions ORDER BY id',
        })
      ).rows;
    beforeEach(async () => {
      await db.database.query({ text: 'GRANT SELECT, INSERT, UPDATE ON sums TO waht_projector' });
      write(70);
      spoil(3, 'newer_version');
      spoil(11, 'newer_version');
      spoil(25, 'newer_version');
      spoil(5, 'corrupt');
      const stop = process(sound);
      await until([10, 10, 10, 0, 1, 0, 10]);
      expect(await parked()).toHaveLength(3);
      await stop();
    });

    it('flows again by itself, up to what is not understood still; what is corrupt stays', async () => {
      // The next version reads two of the three; the second stream has another one later on.
      mend(3);
      mend(11);
      process(sound);
      await until([10, 10, 10, 10, 3, 0, 10]);
      write(7);
      await until([11, 11, 11, 11, 3, 0, 11]);
      expect(await parked()).toEqual([
        { stream: 'thing-4', revision: '3', held: '8', problem: 'newer_version' },
        { stream: 'thing-5', revision: '0', held: '11', problem: 'corrupt' },
      ]);
      expect(await interventions()).toEqual([
        { actor: 'waht', action: 'retry', stream: 'thing-3', applied: 10, parked_at: null },
        { actor: 'waht', action: 'retry', stream: 'thing-4', applied: 2, parked_at: 3 },
      ]);
    });

    it('stays parked where this program does not read it either, and nothing is noted', async () => {
      process(sound);
      write(7);
      await until([11, 11, 11, 0, 1, 0, 11]);
      expect(await parked()).toHaveLength(3);
      expect(await interventions()).toEqual([]);
    });

    it('waits until the log was held against the read models, and is left alone where it is another', async () => {
      mend(3);
      const integrity: { isVerified: boolean; mismatch: LogMismatch | null } = { isVerified: false, mismatch: null };
      process(integrity);
      await delay(600);
      expect(await parked()).toHaveLength(3);
      integrity.mismatch = new LogMismatch('another');
      write(7);
      await until([11, 11, 11, 0, 1, 0, 11]);
      expect(await interventions()).toEqual([]);
    });
  });
});
