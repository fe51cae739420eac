import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { Database } from '../../../src/infrastructure/postgres/database';
import { createTestDatabase, type TestDatabase } from '../../support/services';

describe('the database', () => {
  let server: TestDatabase;
  let database: Database;
  let killer: Client;
  const errors: Error[] = [];

  beforeAll(async () => {
    server = await createTestDatabase();
    database = new Database(server.url, {
      max: 2,
      statementTimeoutMs: 5_000,
      applicationName: 'test',
      onError: (error) => errors.push(error),
    });
    killer = new Client({ connectionString: server.url });
    await killer.connect();
    await database.query({ text: 'CREATE TABLE kept (n int)' });
  });
  afterAll(async () => {
    await killer.end();
    await database.close();
    await server.drop();
  });

  const pidOf = async (sql: Pick<Database, 'query'>): Promise<number> =>
    (await sql.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })).rows[0]?.pid ?? 0;
  const terminate = async (pid: number): Promise<void> => {
    await killer.query('SELECT pg_terminate_backend($1)', [pid]);
    await delay(100);
  };

  it('outlives a connection that is killed between two statements of a transaction, and keeps nothing of it', async () => {
    errors.length = 0;
    const broken = database.transaction(async (sql) => {
      await sql.query({ text: 'INSERT INTO kept VALUES (1)' });
      await terminate(await pidOf(sql));
      await sql.query({ text: 'INSERT INTO kept VALUES (2)' });
    });
    await expect(broken).rejects.toThrow();
    expect(errors.length).toBeGreaterThan(0);
    const { rows } = await database.transaction((sql) => sql.query({ text: 'SELECT n FROM kept' }));
    expect(rows).toEqual([]);
  });

  it('outlives one that is killed while nobody uses it, and says so', async () => {
    errors.length = 0;
    await terminate(await pidOf(database));
    expect(errors[0]).toMatchObject({ code: '57P01' });
    expect(await pidOf(database)).toBeGreaterThan(0);
  });

  it('makes a statement again that ended in a deadlock', async () => {
    await database.query({ text: 'CREATE TABLE two AS SELECT id, 0 AS n FROM generate_series(1, 2) AS id' });
    // So that it is ours that is ended.
    await killer.query(`SET deadlock_timeout = '30s'`);
    await killer.query('BEGIN');
    await killer.query('UPDATE two SET n = n + 1 WHERE id = 2');
    const ours = database.query({ text: 'UPDATE two SET n = n + 10' });
    await delay(200);
    await killer.query('UPDATE two SET n = n + 1 WHERE id = 1');
    await killer.query('COMMIT');
    await ours;
    const { rows } = await database.query({ text: 'SELECT n FROM two' });
    expect(rows).toEqual([{ n: 11 }, { n: 11 }]);
  });
});
