import type { Logger } from '../../../src/application/ports/logger';
import { Database } from '../../../src/infrastructure/postgres/database';
import { PostgresLeadership } from '../../../src/infrastructure/postgres/leader';
import { eventually } from '../../support/eventually';
import { createTestDatabase, type TestDatabase } from '../../support/services';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

const until = (condition: () => boolean): Promise<void> => eventually(() => Promise.resolve(condition()), 8_000);

describe('leadership', () => {
  let place: TestDatabase;
  const processes: { database: Database; leadership: PostgresLeadership }[] = [];
  beforeEach(async () => {
    place = await createTestDatabase();
  });
  afterEach(async () => {
    for (const { database, leadership } of processes.splice(0)) {
      await leadership.close();
      await database.close();
    }
    await place.drop();
  });

  /** Another process: a pool and a connection of its own. */
  function process(): PostgresLeadership {
    const database = new Database(place.url, {
      max: 2,
      statementTimeoutMs: 1_000,
      applicationName: 'leader-test',
      onError: () => undefined,
    });
    const timings = { tryEveryMs: 50, heartbeatEveryMs: 100, answerWithinMs: 500 };
    const leadership = new PostgresLeadership(database, silent, timings);
    processes.push({ database, leadership });
    return leadership;
  }

  /** Leads until its term ends; counts terms and never overlaps with another. */
  function work() {
    const seen = { terms: 0, running: 0 };
    const lead = async (term: AbortSignal): Promise<void> => {
      seen.terms++;
      seen.running++;
      await new Promise<void>((resolve) => term.addEventListener('abort', () => resolve(), { once: true }));
      seen.running--;
    };
    return { seen, lead };
  }

  it('gives a role to one of two, and to the other when the first stands down', async () => {
    const [a, b] = [work(), work()];
    const first = process().stand('projector', a.lead);
    await until(() => first.isLeading());
    const second = process().stand('projector', b.lead);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([a.seen, b.seen]).toEqual([
      { terms: 1, running: 1 },
      { terms: 0, running: 0 },
    ]);
    await first.stop();
    expect(a.seen.running).toBe(0);
    await until(() => second.isLeading());
    expect(b.seen).toEqual({ terms: 1, running: 1 });
  });

  it('ends the term when the connection breaks, and another takes over', async () => {
    const [a, b] = [work(), work()];
    const first = process().stand('projector', a.lead);
    await until(() => first.isLeading());
    // The second stands only when the first is cut off: else the first might win again.
    const killer = process();
    await processes[1]?.database.query({
      text: `SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    });
    const second = killer.stand('projector', b.lead);
    await until(() => a.seen.terms + b.seen.terms === 2);
    await until(() => a.seen.running + b.seen.running === 1);
    expect(first.isLeading()).not.toBe(second.isLeading());
  });

  it('leads several roles, and leads again after its work has thrown', async () => {
    const leadership = process();
    const other = work();
    leadership.stand('sweeper', other.lead);
    let calls = 0;
    leadership.stand('projector', () => {
      calls++;
      return Promise.reject(new Error('broken'));
    });
    await until(() => calls > 2);
    expect(other.seen).toEqual({ terms: 1, running: 1 });
  });

  it('can stand again after it stood down', async () => {
    const leadership = process();
    const [a, b] = [work(), work()];
    const first = leadership.stand('projector', a.lead);
    await until(() => a.seen.terms === 1);
    expect(() => leadership.stand('projector', b.lead)).toThrow('already stands');
    await first.stop();
    leadership.stand('projector', b.lead);
    await until(() => b.seen.running === 1);
  });
});
