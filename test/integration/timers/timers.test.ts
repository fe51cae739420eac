import type { Clock } from '../../../src/application/ports/clock';
import type { Logger } from '../../../src/application/ports/logger';
import type { Timer } from '../../../src/application/ports/timers';
import { PostgresTimers } from '../../../src/infrastructure/timers/postgres-timers';
import { TimerRunner } from '../../../src/infrastructure/timers/timer-runner';
import { TimerTable } from '../../../src/infrastructure/timers/timer-table';
import { eventually } from '../../support/eventually';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const clock: Clock = {
  now: () => Date.now(),
  iso: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};

jest.setTimeout(20_000);

describe('durable alarms', () => {
  let place: MigratedDatabase;
  let table: TimerTable;
  const runners: TimerRunner[] = [];
  beforeAll(async () => {
    place = await migratedDatabase();
    table = new TimerTable(place.database);
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop(1_000)));
    await place.database.query({ text: 'TRUNCATE timers' });
  });
  afterAll(() => place?.close());

  const timer = (n: number, inMs: number, data: Partial<Timer> = {}): Timer => ({
    messageId: `msg_${n}`,
    attempt: 1,
    purpose: 'retry',
    dueAt: new Date(Date.now() + inMs).toISOString(),
    ...data,
  });
  const rows = async (): Promise<number> =>
    Number((await place.database.query<{ n: string }>({ text: 'SELECT count(*) AS n FROM timers' })).rows[0]?.n);
  const seconds = (n: number) => eventually(async () => (await rows()) === n, 8_000);

  /** Another process: a runner of its own over the same table. */
  function process(handle: (timer: Timer) => Promise<void>, retryAfterMs = 200): PostgresTimers {
    const runner = new TimerRunner(table, clock, silent, retryAfterMs);
    const timers = new PostgresTimers(table, clock);
    timers.whenSet((dueInMs) => runner.notice(dueInMs));
    runner.start(handle);
    runners.push(runner);
    return timers;
  }

  it('go off when they are due, not before, and are gone then', async () => {
    const heard: { id: string; atMs: number }[] = [];
    const timers = process(({ messageId }) => {
      heard.push({ id: messageId, atMs: Date.now() });
      return Promise.resolve();
    });
    const dueMs = Date.now() + 1_500;
    await timers.set(timer(1, 1_500));
    await seconds(0);
    expect(heard).toHaveLength(1);
    expect(heard[0]?.atMs).toBeGreaterThanOrEqual(dueMs - 5);
  });
  it('set twice are one; moved, they go off at their new time only', async () => {
    const timers = process(() => Promise.resolve());
    await timers.set(timer(1, 60_000));
    await timers.set(timer(1, 1));
    expect(await rows()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(await rows()).toBe(1);
    await timers.set(timer(1, 1), true);
    await seconds(0);
  });
  it('are heard by one of several processes each', async () => {
    const heard: string[] = [];
    const handle = ({ messageId }: Timer): Promise<void> => {
      heard.push(messageId);
      return Promise.resolve();
    };
    const one = process(handle);
    process(handle);
    await Promise.all(Array.from({ length: 500 }, (_, n) => one.set(timer(n, -n))));
    await seconds(0);
    expect(heard).toHaveLength(500);
    expect(new Set(heard).size).toBe(500);
  });
  it('come again where their work failed, and where the process that had them died', async () => {
    let failures = 2;
    const heard: string[] = [];
    const timers = process(({ messageId }) => {
      heard.push(messageId);
      return failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve();
    });
    await table.insert([timer(2, -1_000)], false);
    await table.claim(new Date(Date.now() - 500), 400, 10);
    await timers.set(timer(1, 0));
    await seconds(0);
    expect(heard.filter((id) => id === 'msg_1').length + heard.filter((id) => id === 'msg_2').length).toBe(4);
  });
  it('moved while they were worked on stay', async () => {
    const timers: PostgresTimers = process(async ({ messageId, dueAt }) => {
      if (Date.parse(dueAt) < Date.now()) await timers.set(timer(1, 60_000, { messageId }), true);
    });
    await timers.set(timer(1, -1));
    await eventually(async () => {
      const { rows: found } = await place.database.query<{ far: boolean }>({
        text: `SELECT due_at > now() + interval '30 s' AND leased_until IS NULL AS far FROM timers`,
      });
      return found[0]?.far === true;
    }, 5_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await rows()).toBe(1);
  });
  it('are forgotten with their message', async () => {
    const timers = process(() => Promise.resolve());
    await Promise.all([timers.set(timer(1, 60_000)), timers.set(timer(1, 60_000, { purpose: 'wait' }))]);
    await timers.set(timer(2, 60_000));
    await timers.clear('msg_1');
    expect(await rows()).toBe(1);
  });
  it('look at the table at most once a second, and hardly at all when nothing is owed', async () => {
    let looks = 0;
    const counting = new TimerTable({
      query: (statement) => {
        if (statement.name === 'timers_claim') looks++;
        return place.database.query(statement);
      },
    });
    const runner = new TimerRunner(counting, clock, silent);
    runner.start(() => Promise.resolve());
    runners.push(runner);
    const until = Date.now() + 2_500;
    while (Date.now() < until) {
      runner.notice(0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThanOrEqual(4);
  });
});
