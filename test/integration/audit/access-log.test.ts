import { randomUUID } from 'node:crypto';
import type { RefusedCall } from '../../../src/application/ports/access-log';
import { AccessLogWriter, ACCESS_LOG_SETTINGS } from '../../../src/infrastructure/audit/access-log-writer';
import { newestRefusedCalls } from '../../../src/infrastructure/audit/access-table';
import { accessChain } from '../../../src/infrastructure/audit/chained-log';
import { verifyChain } from '../../../src/infrastructure/audit/verify-chain';
import type { Database, Sql } from '../../../src/infrastructure/postgres/database';
import { eventually } from '../../support/eventually';
import { MemoryLogger } from '../../support/adapter';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const call = (n: number): RefusedCall => ({
  requestId: `request-${n}`,
  method: 'GET',
  route: '/v1/messages/:id',
  status: 404,
  code: 'not_found',
  reason: 'other_customer',
  customerId: 'cus_a',
  keyId: 'key_a',
  resource: `msg_${n}`,
});

describe('log of refused calls', () => {
  let db: MigratedDatabase;
  let worker: Database;
  const writers: AccessLogWriter[] = [];
  beforeEach(async () => {
    db = await migratedDatabase();
    worker = db.as('waht_worker');
  });
  afterEach(async () => {
    await Promise.all(writers.splice(0).map((one) => one.close()));
    await db.close();
  });

  let dropped = 0;
  function writer(
    database: Pick<Database, 'transaction'> = worker,
    change: Partial<typeof ACCESS_LOG_SETTINGS> = {},
  ): AccessLogWriter {
    dropped = 0;
    const parts = {
      database,
      clock: { iso: () => new Date().toISOString() },
      ids: { uuid: randomUUID },
      metrics: { accessDropped: (calls: number) => void (dropped += calls) },
      logger: new MemoryLogger(),
    };
    const fast = { lingerMs: 10, firstPauseMs: 10, longestPauseMs: 50, closeWithinMs: 500 };
    const made = new AccessLogWriter(parts, { ...ACCESS_LOG_SETTINGS, ...fast, ...change });
    writers.push(made);
    return made;
  }
  const rows = () => newestRefusedCalls(worker, {}, 10_000);
  const chain = () => verifyChain(worker, accessChain, []);

  it('keeps what was refused, in one chain, whichever process refused it', async () => {
    const [a, b, c] = [writer(), writer(), writer()];
    for (let n = 0; n < 300; n++) [a, b, c][n % 3]?.note(call(n));
    await Promise.all([a.close(), b.close(), c.close()]);
    const kept = await rows();
    expect(new Set(kept.map(({ request_id }) => request_id)).size).toBe(300);
    expect(kept).toHaveLength(300);
    expect(kept[0]).toMatchObject({ route: '/v1/messages/:id', reason: 'other_customer', key_id: 'key_a', count: 1 });
    expect(await chain()).toMatchObject({ rows: 300n, finding: null });
  });

  it('waits while Postgres is away, drops what finds no room, and says so in itself', async () => {
    let isAway = true;
    const database = {
      transaction: <T>(work: (sql: Sql) => Promise<T>) =>
        isAway ? Promise.reject(new Error('no connection')) : worker.transaction(work),
    };
    const log = writer(database, { mostWaiting: 5 });
    for (let n = 0; n < 12; n++) log.note(call(n));
    expect(dropped).toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await rows()).toEqual([]);
    isAway = false;
    await eventually(async () => (await rows()).length === 6, 4_000);
    expect((await rows())[0]).toMatchObject({ reason: 'dropped', count: 7, key_id: null });
    expect(await chain()).toMatchObject({ rows: 6n, finding: null });
  });

  it('writes nothing twice where it could not know whether a batch was written', async () => {
    let isLost = true;
    const database = {
      transaction: async <T>(work: (sql: Sql) => Promise<T>) => {
        const result = await worker.transaction(work);
        if (!isLost) return result;
        isLost = false;
        throw new Error('the connection broke at the commit');
      },
    };
    const log = writer(database);
    for (let n = 0; n < 3; n++) log.note(call(n));
    await log.close();
    expect(await rows()).toHaveLength(3);
    expect(await chain()).toMatchObject({ rows: 3n, finding: null });
  });

  it('gives up at the end rather than keep a process from stopping, and counts what is lost', async () => {
    const database = { transaction: () => Promise.reject(new Error('no connection')) };
    const log = writer(database, { closeWithinMs: 100 });
    log.note(call(1));
    await log.close();
    expect(dropped).toBe(1);
  });

  it('refuses UPDATE, DELETE and TRUNCATE, to its writer by its rights and to all by its trigger', async () => {
    const log = writer();
    log.note(call(1));
    await log.close();
    for (const text of ['UPDATE access_log SET status = 200', 'DELETE FROM access_log', 'TRUNCATE access_log']) {
      await expect(db.database.query({ text })).rejects.toThrow('append-only');
      await expect(worker.query({ text })).rejects.toThrow('permission denied');
    }
  });

  it.each([
    ['a changed row', `UPDATE access_log SET key_id = 'key_b' WHERE seq = 2`, 2n],
    ['a missing row', 'DELETE FROM access_log WHERE seq = 2', 2n],
    ['a cut tail', 'DELETE FROM access_log WHERE seq = 3', 3n],
  ])('is found broken by %s', async (_what, text, row) => {
    const log = writer();
    for (let n = 0; n < 3; n++) log.note(call(n));
    await log.close();
    await db.database.transaction(async (sql) => {
      await sql.query({ text: 'ALTER TABLE access_log DISABLE TRIGGER ALL' });
      await sql.query({ text });
    });
    expect(await chain()).toMatchObject({ finding: { log: 'access', row } });
  });
});
