import type { Logger } from '../../../src/application/ports/logger';
import type { EventProjection } from '../../../src/application/ports/projection';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { Database } from '../../../src/infrastructure/postgres/database';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { CheckpointTaken, readCheckpoints } from '../../../src/infrastructure/projections/checkpoints';
import { ProjectionFeed } from '../../../src/infrastructure/projections/projection-feed';
import { MemoryMetrics } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { MemoryFeed } from '../../support/memory-feed';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

/** What Postgres says when it is being shut down: no event's fault. */
const lostConnection = (): string => `DO $$ BEGIN RAISE EXCEPTION 'bye' USING ERRCODE = 'admin_shutdown'; END $$`;

/** Counts what it is given; a batch applied twice, or in part, would show. */
function counter(name: string, version = 1, trouble: () => string | null = () => null): EventProjection {
  return {
    kind: 'events',
    name,
    version,
    tables: [{ name: 'counted' }],
    handles: ['Counted'],
    async apply(events, sql) {
      const text = `INSERT INTO counted AS c VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n`;
      await sql.query({ text, values: [`${name}-v${version}`, events.length] });
      const failing = trouble();
      if (failing !== null) await sql.query({ text: failing });
    },
  };
}

describe('projection engine', () => {
  let db: MigratedDatabase;
  let log: TestLog;
  let feed: MemoryFeed;
  let metrics: MemoryMetrics;
  const stopping: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    db = await migratedDatabase();
    await db.database.query({ text: 'CREATE TABLE counted (name text PRIMARY KEY, n int NOT NULL)' });
    log = new TestLog();
    feed = new MemoryFeed();
    metrics = new MemoryMetrics();
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    await db.close();
  });

  const write = (n: number, type = 'Counted'): void => {
    for (let i = 0; i < n; i++)
      feed.items.push(feedItem(log.append(`thing-${log.all.length % 7}`, { type, data: {} })));
  };

  function engine(database = db.database): ProjectionFeed {
    return new ProjectionFeed(
      { subscriptions: feed, database, metrics, logger: silent, clock: new SystemClock() },
      { batchSize: 10, lingerMs: 0, busyLingerMs: 0, firstPauseMs: 20, longestPauseMs: 200 },
    );
  }

  /** Runs until stopped; stopping rejects with what ended one of them. */
  function start(projections: EventProjection[], database?: Database): () => Promise<unknown> {
    const term = new AbortController();
    const one = engine(database);
    const running = Promise.all(projections.map((projection) => one.follow(projection, term.signal)));
    const stop = (): Promise<unknown> => {
      term.abort();
      return running;
    };
    // Whoever stops it hears of it.
    running.catch(() => undefined);
    stopping.push(() => stop().catch(() => undefined));
    return stop;
  }

  const counts = async (): Promise<Record<string, number>> => {
    const { rows } = await db.database.query<{ name: string; n: number }>({
      text: 'SELECT * FROM counted ORDER BY name',
    });
    return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
  };
  const until = (expected: Record<string, number>): Promise<void> =>
    eventually(async () => JSON.stringify(await counts()) === JSON.stringify(expected), 10_000);

  it('writes every event once, follows live, and goes on from its checkpoint after a restart', async () => {
    write(25);
    const stop = start([counter('a')]);
    await until({ 'a-v1': 25 });
    write(3);
    await until({ 'a-v1': 28 });
    await stop();
    write(4);
    start([counter('a')]);
    await until({ 'a-v1': 32 });
    expect(feed.begun).toEqual([null, { commit: 2_800n, prepare: 2_800n }]);
    expect(await readCheckpoints(db.database)).toMatchObject([
      { name: 'a', version: 1, position: '3200/3200', events: '32', last_event_at: log.all[31]?.created },
    ]);
    expect(metrics.lags.map(({ projection }) => projection)).toContain('a');
    expect(metrics.others).toContain('left a');
  });

  it('drives all from one feed, from the smallest checkpoint, and each passes over what it has', async () => {
    write(12);
    const stop = start([counter('a')]);
    await until({ 'a-v1': 12 });
    await stop();
    write(12);
    start([counter('a'), counter('b')]);
    await until({ 'a-v1': 24, 'b-v1': 24 });
    expect(feed.begun).toHaveLength(2);
  });

  it('leaves a projection alone of which another version serves', async () => {
    write(12);
    const stop = start([counter('a', 2)]);
    await until({ 'a-v2': 12 });
    await stop();
    const refused = start([counter('a', 1), counter('b')]);
    await until({ 'a-v2': 12, 'b-v1': 12 });
    await expect(refused()).rejects.toBeInstanceOf(CheckpointTaken);
  });

  it('passes over events of other types, and of types that nobody knows', async () => {
    write(3);
    write(30, 'Other');
    write(1, 'Unheard');
    const last = feed.items.pop();
    if (last?.kind !== 'event') throw new Error('no event');
    const { id, stream, revision, type, position, created } = last.event;
    const envelope = { id, stream, revision, type, position, created, problem: 'unknown_type', detail: '' } as const;
    feed.items.push({ kind: 'undecodable', event: envelope, raw: last.raw });
    start([counter('a')]);
    await until({ 'a-v1': 3 });
    write(1);
    await until({ 'a-v1': 4 });
  });

  it('rolls a failed batch back whole, tries again, and holds up no other', async () => {
    let failures = 0;
    const failing = counter('b', 1, () => (log.all.length === 35 && failures++ < 3 ? lostConnection() : null));
    write(35);
    start([counter('a'), failing]);
    await until({ 'a-v1': 35, 'b-v1': 35 });
    expect(failures).toBeGreaterThanOrEqual(3);
  });

  it('lets the others go on while one fails for ever', async () => {
    write(15);
    start([counter('a'), counter('b', 1, lostConnection)]);
    await until({ 'a-v1': 15 });
    write(15);
    await until({ 'a-v1': 30 });
  });

  it('survives a Postgres that drops every connection', async () => {
    const database = new Database(db.url, {
      max: 4,
      statementTimeoutMs: 5_000,
      applicationName: 'engine-under-test',
      onError: () => undefined,
    });
    stopping.push(() => database.close());
    start([counter('a'), counter('b')], database);
    for (let i = 0; i < 10; i++) {
      write(20);
      const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'engine-under-test'`;
      await db.database.query({ text });
    }
    await until({ 'a-v1': 200, 'b-v1': 200 });
  });

  it('stops when another writes the same projection, and no row is counted twice', async () => {
    write(200);
    const stops = [start([counter('a')]), start([counter('a')])];
    await until({ 'a-v1': 200 });
    write(20);
    await until({ 'a-v1': 220 });
    const ends = await Promise.allSettled(stops.map((stop) => stop()));
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(CheckpointTaken) });
    expect(await counts()).toEqual({ 'a-v1': 220 });
  });

  it('is run by one process at a time, and taken over by the next', async () => {
    const processes = [0, 1].map(() => {
      const leadership = new PostgresLeadership(db.database, silent, {
        tryEveryMs: 50,
        heartbeatEveryMs: 100,
        answerWithinMs: 1_000,
      });
      stopping.push(() => leadership.close());
      const candidacy = leadership.stand('projector', (term) => engine().follow(counter('a'), term));
      return { leadership, candidacy };
    });
    write(50);
    await until({ 'a-v1': 50 });
    const leading = processes.filter(({ candidacy }) => candidacy.isLeading());
    expect(leading).toHaveLength(1);
    await leading[0]?.leadership.close();
    write(50);
    await until({ 'a-v1': 100 });
  });
});
