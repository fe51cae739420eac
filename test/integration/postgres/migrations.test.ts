import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../../src/infrastructure/postgres/database';
import { findMigrations, migrate } from '../../../src/infrastructure/postgres/migrations';
import { createTestDatabase, type TestDatabase } from '../../support/services';

const quiet = { info: () => undefined };

describe('migrations', () => {
  let place: TestDatabase;
  let database: Database;
  let root: string;
  beforeEach(async () => {
    place = await createTestDatabase();
    database = open();
    root = await mkdtemp(join(tmpdir(), 'waht-migrations-'));
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
    await rm(root, { recursive: true });
  });

  const open = (): Database =>
    new Database(place.url, { max: 4, statementTimeoutMs: 1_000, applicationName: 'test', onError: () => undefined });
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const run = async (on = database): Promise<string[]> => migrate(on, await findMigrations(root), quiet);

  it('applies what is missing in order of number, wherever it lies, once', async () => {
    await write('b/0001_first.sql', 'CREATE TABLE first (id int)');
    await write('a/deep/0002_second.sql', 'ALTER TABLE first ADD name text; CREATE TABLE second (id int);');
    await write('a/notes.sql', 'nonsense');
    expect(await run()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await run()).toEqual([]);
    await write('c/0003_third.sql', 'CREATE TABLE third (id int)');
    expect(await run()).toEqual(['0003_third.sql']);
  });

  it('rolls back one that fails, keeps those before it, and goes on once it is mended', async () => {
    await write('0001_first.sql', 'CREATE TABLE first (id int)');
    await write('0002_second.sql', 'CREATE TABLE second (id int); SELECT 1/0;');
    await expect(run()).rejects.toThrow('migration 0002_second.sql failed and was rolled back: division by zero');
    const { rows } = await database.query({ text: `SELECT to_regclass('first') AS a, to_regclass('second') AS b` });
    expect(rows).toEqual([{ a: 'first', b: null }]);
    await write('0002_second.sql', 'CREATE TABLE second (id int)');
    expect(await run()).toEqual(['0002_second.sql']);
  });

  it('refuses one that was edited after it was applied, whatever its line ends', async () => {
    await write('0001_first.sql', 'CREATE TABLE first (\n id int)');
    await run();
    await write('0001_first.sql', 'CREATE TABLE first (\r\n id int)');
    expect(await run()).toEqual([]);
    await write('0001_first.sql', 'CREATE TABLE first (id bigint)');
    await expect(run()).rejects.toThrow('migration 0001_first.sql was edited after it was applied');
  });

  it('refuses two with one number', async () => {
    await write('a/0001_first.sql', 'SELECT 1');
    await write('b/0001_other.sql', 'SELECT 1');
    await expect(run()).rejects.toThrow('two migrations have the number of 0001_other.sql');
  });

  it('is done once by processes that start together, and is not cut short by the statement timeout', async () => {
    await write('0001_first.sql', 'SELECT pg_sleep(1.3); CREATE TABLE first (id int)');
    const others = [open(), open(), open()];
    try {
      const applied = await Promise.all([database, ...others].map((one) => run(one)));
      expect(applied.flat()).toEqual(['0001_first.sql']);
    } finally {
      await Promise.all(others.map((one) => one.close()));
    }
  });

  it('finds those of the program, each with a number of its own', async () => {
    const names = (await findMigrations()).map(({ name }) => name);
    expect(names).toContain('0100_projection_checkpoints.sql');
    expect(await migrate(database, await findMigrations(), quiet)).toEqual(names);
  });
});
