import type { Logger } from '../../../src/application/ports/logger';
import type { EventProjection } from '../../../src/application/ports/projection';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { Database } from '../../../src/infrastructure/postgres/database';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { CheckpointTaken, readCheckpoints } from '../../../src/infrastructure/projections/checkpoints';
import { ProjectionFeed } from '../../../src/infrastructure/projections/projection-feed';
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

/** Counts what it is given; a batch applied twice, or in part, would show. */
function counter(name: string, version = 1, trouble: () => Error | null = () => null): EventProjection {
  return {
    kind: 'events',
    name,
    version,
    handles: ['Counted'],
    async apply(events, sql) {
      const text = `INSERT INTO counted AS c VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n`;
      await sql.query({ text, values: [`${name}-v${version}`, events.length] });
      const error = trouble();
      if (error !== null) throw error;
    },
  };
}

describe('projection engine', () => {
  let db: MigratedDatabase;
  let log: TestLog;
  let feed: MemoryFeed;
  const lags: string[] = [];
  const stopping: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    db = await migratedDatabase();
    await db.database.query({ text: 'CREATE TABLE counted (name text PRIMARY KEY, n int NOT NULL)' });
    log = new TestLog();
    feed = new MemoryFeed();
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    await db.close();
  });

  const write = (n: number, type = 'Counted'): void => {
    for (let i = 0; i < n; i++)
      feed.items.push(feedItem(log.append(`thing-${log.all.length % 7}`, { type, data: {} })));
  };

  function engine(projections: EventProjection[], database = db.database): ProjectionFeed {
    const metrics = { projectionLag: (name: string) => lags.push(name) };
    return new ProjectionFeed(
      projections,
      { subscriptions: feed, database, metrics, logger: silent, clock: new SystemClock() },
      { batchSize: 10, lingerMs: 0, busyLingerMs: 0, firstPauseMs: 20, longestPauseMs: 200 },
    );
  }

  /** Runs until stopped; stopping rejects with what ended it. */
  function start(projections: EventProjection[], database?: Database): () => Promise<void> {
    const term = new AbortController();
    const running = engine(projections, database).run(term.signal);
    const stop = (): Promise<void> => {
      term.abort();
      return running;
    };
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
    expect(lags).toContain('a');
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

  it('begins a new version at the first event', async () => {
    write(12);
    const stop = start([counter('a')]);
    await until({ 'a-v1': 12 });
    await stop();
    start([counter('a', 2)]);
    await until({ 'a-v1': 12, 'a-v2': 12 });
  });

  it('passes over events of other types and what cannot be decoded', async () => {
    write(3);
    write(30, 'Other');
    const [broken] = feed.items.splice(1, 1);
    if (broken?.kind !== 'event') throw new Error('no event');
    const { id, stream, revision, type, position, created } = broken.event;
    const envelope = { id, stream, revision, type, position, created, problem: 'corrupt', detail: 'no JSON' } as const;
    feed.items.splice(1, 0, { kind: 'undecodable', event: envelope, raw: broken.raw });
    start([counter('a')]);
    await until({ 'a-v1': 2 });
    write(1);
    await until({ 'a-v1': 3 });
  });

  it('rolls a failed batch back whole, tries again, and holds up no other', async () => {
    let failures = 0;
    const failing = counter('b', 1, () => (log.all.length === 35 && failures++ < 3 ? new Error('no luck') : null));
    write(35);
    start([counter('a'), failing]);
    await until({ 'a-v1': 35, 'b-v1': 35 });
    expect(failures).toBeGreaterThanOrEqual(3);
  });

  it('lets the others go on while one fails for ever', async () => {
    write(15);
    start([counter('a'), counter('b', 1, () => new Error('for ever'))]);
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
      const candidacy = leadership.stand('projector', (term) => engine([counter('a')]).run(term));
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
