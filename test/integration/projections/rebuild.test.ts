import type { EventProjection } from '../../../src/application/ports/projection';
import { SystemClock } from '../../../src/infrastructure/crypto/system-clock';
import { readCheckpoints } from '../../../src/infrastructure/projections/checkpoints';
import { listParked } from '../../../src/infrastructure/projections/parked-streams';
import { ProjectionEngine } from '../../../src/infrastructure/projections/projection-engine';
import { ProjectionFeed } from '../../../src/infrastructure/projections/projection-feed';
import {
  RebuildUnderWay,
  type Purpose,
  type RebuildReport,
} from '../../../src/infrastructure/projections/rebuild/rebuild';
import { RebuildAborted, runRebuilds } from '../../../src/infrastructure/projections/rebuild/run-rebuilds';
import { ShapeDiffers } from '../../../src/infrastructure/projections/rebuild/scratch-schema';
import { describeTable } from '../../../src/infrastructure/projections/rebuild/table-shape';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { MemoryLogger, MemoryMetrics } from '../../support/adapter';
import { eventually } from '../../support/eventually';
import { MemoryFeed } from '../../support/memory-feed';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

jest.setTimeout(30_000);

/** A table with all that the catalogue can hang on one. */
const TABLES = `
  CREATE TABLE tallies (
    thing text NOT NULL,
    n int NOT NULL DEFAULT 0 CHECK (n >= 0),
    revision bigint NOT NULL,
    version int,
    looked_at boolean NOT NULL DEFAULT false,
    customer_id text GENERATED ALWAYS AS ('cus_' || thing) STORED,
    CONSTRAINT tallies_key PRIMARY KEY (thing),
    UNIQUE (revision, thing)
  ) WITH (fillfactor = 70);
  CREATE INDEX tallies_big ON tallies (n DESC, thing) WHERE n > 3;
  COMMENT ON TABLE tallies IS 'counts';
  CREATE TABLE firsts (thing text PRIMARY KEY, at bigint NOT NULL);
  ALTER TABLE tallies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON tallies USING (customer_id = current_setting('waht.customer_id', true)) WITH CHECK (n < 1000000);
  CREATE POLICY readers ON tallies AS RESTRICTIVE FOR SELECT TO pg_monitor USING (true);
  CREATE POLICY projected ON tallies TO waht_projector USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON tallies, firsts TO waht_projector;
  GRANT SELECT ON tallies TO pg_monitor;
  GRANT UPDATE (looked_at) ON tallies TO pg_monitor WITH GRANT OPTION;
  CREATE FUNCTION tallies_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kept'; END $$;
  CREATE TRIGGER tallies_kept BEFORE DELETE ON tallies FOR EACH STATEMENT EXECUTE FUNCTION tallies_no_delete();`;

/** Counts by stream. */
function tally(
  version = 1,
  factor = 1,
  bad: (stream: string, revision: bigint) => boolean = () => false,
): EventProjection {
  return {
    kind: 'events',
    name: 'tallies',
    version,
    tables: [{ name: 'tallies', notDerived: ['looked_at'] }, { name: 'firsts' }],
    handles: ['Counted'],
    async apply(events, sql) {
      for (const { stream, revision } of events) {
        if (bad(stream, revision)) throw new Error('no good');
        await sql.query({
          name: 'tally_put',
          text: `INSERT INTO tallies AS t (thing, n, revision, version) VALUES ($1, $2, $3, $4) ON CONFLICT (thing)
                 DO UPDATE SET n = t.n + excluded.n, revision = excluded.revision WHERE t.revision < excluded.revision`,
          values: [stream, factor, revision.toString(), version],
        });
        const values = [stream, revision.toString()];
        await sql.query({ text: 'INSERT INTO firsts VALUES ($1, $2) ON CONFLICT DO NOTHING', values });
      }
    },
  };
}

describe('rebuild', () => {
  let db: MigratedDatabase;
  let log: TestLog;
  let feed: MemoryFeed;
  let logger: MemoryLogger;
  const stopping: (() => Promise<unknown>)[] = [];
  const clock = new SystemClock();

  beforeEach(async () => {
    db = await migratedDatabase();
    await db.database.query({ text: TABLES });
    log = new TestLog();
    feed = new MemoryFeed();
    logger = new MemoryLogger();
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    await db.close();
  });

  const write = (n: number, type = 'Counted'): void => {
    for (let i = 0; i < n; i++)
      feed.items.push(feedItem(log.append(`thing-${log.all.length % 7}`, { type, data: {} })));
  };
  const rows = async () =>
    (await db.database.query({ text: 'SELECT thing, n, revision, version FROM tallies ORDER BY thing' })).rows;
  const total = async (): Promise<number> =>
    (await rows()).reduce((sum, row) => sum + Number(Reflect.get(row, 'n')), 0);
  const schemas = async () =>
    (await db.database.query({ text: `SELECT nspname FROM pg_namespace WHERE nspname ~ '^(rebuild|verify|retired)_'` }))
      .rows;

  /** A process that runs it. */
  function serve(projection: EventProjection): () => Promise<unknown> {
    const term = new AbortController();
    const parts = {
      subscriptions: feed,
      database: db.as('waht_projector'),
      metrics: new MemoryMetrics(),
      logger,
      clock,
    };
    const settings = { batchSize: 13, lingerMs: 0, busyLingerMs: 0, firstPauseMs: 20, longestPauseMs: 100 };
    const running = new ProjectionFeed(parts, settings).follow(projection, term.signal);
    running.catch(() => undefined);
    const stop = (): Promise<unknown> => {
      term.abort();
      return running;
    };
    stopping.push(() => stop().catch(() => undefined));
    return stop;
  }
  const rebuild = async (
    projection: EventProjection,
    purpose: Purpose = 'rebuild',
    signal = new AbortController().signal,
  ): Promise<RebuildReport> => {
    const parts = { subscriptions: feed, database: db.as('waht_projector'), owner: db.database, clock };
    const [report] = await runRebuilds([projection], purpose, parts, { signal });
    if (report === undefined) throw new Error('no report');
    return report;
  };
  /** Writes on and on until stopped. */
  function traffic(): () => void {
    const timer = setInterval(() => write(1), 20);
    const stop = (): void => clearInterval(timer);
    stopping.push(() => Promise.resolve(stop()));
    return stop;
  }

  it('comes to the same rows and checksums, in tables of the same shape, with nobody running it', async () => {
    write(100);
    const stop = serve(tally());
    await eventually(async () => (await total()) === 100, 10_000);
    await stop();
    write(20);
    await db.database.query({ text: `UPDATE tallies SET looked_at = true` });
    const before = await rows();
    const shape = await describeTable(db.database, 'public.tallies');
    expect(shape.length).toBeGreaterThanOrEqual(18);
    const report = await rebuild(tally());
    expect(await rows()).toEqual(before);
    expect(report).toMatchObject({ events: 100, position: { commit: 10_000n }, parkedStreams: 0 });
    expect(
      report.tables.map(({ table, rebuilt, served }) => [table, rebuilt.rows, rebuilt.sha256 === served.sha256]),
    ).toEqual([
      ['tallies', 7, true],
      ['firsts', 7, true],
    ]);
    expect(await describeTable(db.database, 'public.tallies')).toEqual(shape);
    expect(await schemas()).toEqual([]);
    // What is not derived from events is as for a new row.
    const { rows: looked } = await db.database.query({ text: 'SELECT DISTINCT looked_at FROM tallies' });
    expect(looked).toEqual([{ looked_at: false }]);
    serve(tally());
    await eventually(async () => (await total()) === 120, 10_000);
  });

  it('serves the old rows while writes go on, and loses and doubles nothing at the change', async () => {
    write(400);
    serve(tally());
    await eventually(async () => (await total()) >= 400, 10_000);
    const stop = traffic();
    let least = 0;
    let served = true;
    const watch = setInterval(() => {
      total().then(
        (n) => {
          if (n < least) served = false;
          least = Math.max(least, n);
        },
        () => {
          served = false;
        },
      );
    }, 20);
    stopping.push(() => Promise.resolve(clearInterval(watch)));
    const reports = [await rebuild(tally()), await rebuild(tally()), await rebuild(tally())];
    clearInterval(watch);
    stop();
    for (const { tables } of reports) for (const { rebuilt, served: old } of tables) expect(rebuilt).toEqual(old);
    await eventually(async () => (await total()) === log.all.length, 10_000);
    expect(served).toBe(true);
    expect(await readCheckpoints(db.database)).toMatchObject([{ name: 'tallies', version: 1 }]);
  });

  it('mends rows that were wrong, and says that they differed', async () => {
    write(50);
    const stop = serve(tally());
    await eventually(async () => (await total()) === 50, 10_000);
    await stop();
    await db.database.query({ text: `UPDATE tallies SET n = 999 WHERE thing = 'thing-2'` });
    const verified = await rebuild(tally(), 'verify');
    expect(verified.tables.map(({ table, served, rebuilt }) => [table, served.sha256 === rebuilt.sha256])).toEqual([
      ['tallies', false],
      ['firsts', true],
    ]);
    expect(await total()).toBeGreaterThan(999);
    expect(await schemas()).toEqual([]);
    await rebuild(tally());
    expect(await total()).toBe(50);
  });

  it('verifies while writes go on', async () => {
    write(200);
    serve(tally());
    const stop = traffic();
    await eventually(async () => (await total()) > 200, 10_000);
    const { tables } = await rebuild(tally(), 'verify');
    stop();
    for (const { rebuilt, served } of tables) expect(rebuilt).toEqual(served);
    await eventually(async () => (await total()) === log.all.length, 10_000);
  });

  it('refuses a second one of the same projection, and starts afresh after one that died amid', async () => {
    write(300);
    const stop = serve(tally());
    await eventually(async () => (await total()) === 300, 10_000);
    await stop();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: EventProjection = {
      ...tally(),
      apply: async (events, sql) => {
        await tally().apply(events, sql);
        await held;
      },
    };
    const first = rebuild(slow);
    const ended = expect(first).rejects.toThrow();
    await eventually(async () => (await schemas()).length > 0, 10_000);
    await expect(rebuild(tally())).rejects.toBeInstanceOf(RebuildUnderWay);
    // All its connections go, as when its process is killed; what it has made stays.
    await db.database.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    });
    release();
    await ended;
    await db.database.query({ text: 'CREATE SCHEMA IF NOT EXISTS rebuild_tallies' });
    await db.database.query({ text: 'CREATE TABLE IF NOT EXISTS rebuild_tallies.tallies (left_over int)' });
    expect((await rebuild(tally())).events).toBe(300);
    expect(await total()).toBe(300);
    expect(await schemas()).toEqual([]);
  });

  it('leaves all as it was when it is given up, or the projection fails', async () => {
    write(50);
    const stop = serve(tally());
    await eventually(async () => (await total()) === 50, 10_000);
    await stop();
    const aborted = new AbortController();
    aborted.abort();
    await expect(rebuild(tally(), 'rebuild', aborted.signal)).rejects.toBeInstanceOf(RebuildAborted);
    const broken: EventProjection = {
      ...tally(),
      apply: async (_, sql) => void (await sql.query({ text: 'SELECT * FROM gone' })),
    };
    await expect(rebuild(broken)).rejects.toThrow('gone');
    expect([await total(), await schemas()]).toEqual([50, []]);
  });

  it('refuses where something hangs on the old table, or its shape has changed meanwhile', async () => {
    write(50);
    const stop = serve(tally());
    await eventually(async () => (await total()) === 50, 10_000);
    await stop();
    await db.database.query({ text: 'CREATE VIEW big AS SELECT * FROM tallies' });
    await expect(rebuild(tally())).rejects.toThrow(
      /tallies cannot be put in place: rule .* hangs on the served one|view big/,
    );
    await db.database.query({ text: 'DROP VIEW big' });
    const altering: EventProjection = {
      ...tally(),
      apply: async (events, sql) => {
        await tally().apply(events, sql);
        await db.database.query({ text: 'CREATE POLICY later ON public.firsts USING (true)' });
      },
    };
    await expect(rebuild(altering)).rejects.toBeInstanceOf(ShapeDiffers);
    expect([await total(), await schemas()]).toEqual([50, []]);
  });

  it('parks what a rebuild cannot apply, and honours what was skipped', async () => {
    write(70);
    const bad = (stream: string, revision: bigint): boolean => stream === 'thing-1' && revision === 4n;
    const stop = serve(tally(1, 1, bad));
    await eventually(async () => (await total()) === 64, 10_000);
    await stop();
    await db.database.query({ text: 'DELETE FROM parked_streams' });
    expect(await rebuild(tally(1, 1, bad))).toMatchObject({ parkedStreams: 1 });
    expect(await listParked(db.database)).toMatchObject([{ stream: 'thing-1', revision: '4', held: '6' }]);
    await db.database.query({
      text: `INSERT INTO projection_interventions (actor, action, note, projection, version, stream, revision, applied)
             VALUES ('amina', 'skip', 'known', 'tallies', 1, 'thing-1', 4, 0)`,
    });
    expect(await rebuild(tally(1, 1, bad))).toMatchObject({ parkedStreams: 0 });
    expect([await total(), await listParked(db.database)]).toEqual([69, []]);
  });

  it('builds a new version beside an old process that goes on serving, which then leaves it alone', async () => {
    const process = (version: number) => {
      const leadership = new PostgresLeadership(db.database, logger, {
        tryEveryMs: 50,
        heartbeatEveryMs: 100,
        answerWithinMs: 5_000,
      });
      const engine = new ProjectionEngine(
        ...([feed, db.as('waht_projector'), leadership, new MemoryMetrics(), logger, clock] as const),
        {
          roles: new Set(['projector'] as const),
          environment: 'development',
          databaseUrl: db.url,
          databaseOwnerUrl: db.url,
        },
        { readItems: () => Promise.reject(new Error('nothing is parked')) },
        { isVerified: true, mismatch: null },
      );
      engine.register(tally(version, version));
      engine.onApplicationBootstrap();
      stopping.push(async () => {
        await engine.beforeApplicationShutdown();
        await leadership.close();
      });
    };
    write(100);
    process(1);
    await eventually(async () => (await total()) === 100, 10_000);
    const stop = traffic();
    process(2);
    await eventually(async () => (await rows()).every((row) => Reflect.get(row, 'version') === 2), 20_000);
    stop();
    await eventually(async () => (await total()) === 2 * log.all.length, 10_000);
    expect(await readCheckpoints(db.database)).toMatchObject([{ name: 'tallies', version: 2 }]);
    await eventually(
      () => Promise.resolve(logger.lines.some(({ message }) => message.startsWith('a newer version serves'))),
      10_000,
    );
    write(30);
    await eventually(async () => (await total()) === 2 * log.all.length, 10_000);
  });

  it('hands an untouched projection to another version as it is', async () => {
    const { database } = db;
    await database.query({ text: `INSERT INTO projection_checkpoints (name, version) VALUES ('tallies', 1)` });
    expect(await rebuild(tally(2))).toMatchObject({ position: null, tables: [] });
    expect(await readCheckpoints(database)).toMatchObject([{ version: 2, position: null }]);
  });
});
