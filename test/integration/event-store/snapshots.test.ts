import { Database } from '../../../src/infrastructure/postgres/database';
import { findMigrations, migrate } from '../../../src/infrastructure/postgres/migrations';
import { PostgresSnapshots } from '../../../src/infrastructure/event-store/postgres-snapshots';
import { MemoryLogger } from '../../support/adapter';
import { createTestDatabase, type TestDatabase } from '../../support/services';

describe('snapshots', () => {
  const logger = new MemoryLogger();
  let home: TestDatabase;
  let database: Database;
  let snapshots: PostgresSnapshots;

  beforeAll(async () => {
    home = await createTestDatabase();
    database = new Database(home.url, {
      max: 4,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
      onError: (error) => logger.error({ error: error.message }, 'pool'),
    });
    await migrate(
      database,
      (await findMigrations()).filter(({ number }) => number === 10),
      logger,
    );
    snapshots = new PostgresSnapshots(database);
  });
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  it('come back as they were kept, 64-bit revision and all', async () => {
    expect(await snapshots.load('wallet-1', 1)).toBeNull();
    const state = { available: '1000000000', open: [{ id: 'rsv_1', amount: '8000' }], name: 'ş😀', none: null };
    await snapshots.save('wallet-1', 2n ** 62n, 1, state);
    expect(await snapshots.load('wallet-1', 1)).toEqual({ revision: 2n ** 62n, state });
  });

  it('keep the newest revision, whatever the order of saving', async () => {
    await snapshots.save('wallet-2', 100n, 1, { at: 100 });
    await snapshots.save('wallet-2', 50n, 1, { at: 50 });
    expect(await snapshots.load('wallet-2', 1)).toEqual({ revision: 100n, state: { at: 100 } });
    await snapshots.save('wallet-2', 150n, 1, { at: 150 });
    expect(await snapshots.load('wallet-2', 1)).toEqual({ revision: 150n, state: { at: 150 } });
  });

  it('of another version are none, and a newer version is not overwritten by an older one', async () => {
    await snapshots.save('wallet-3', 100n, 1, { shape: 1 });
    expect(await snapshots.load('wallet-3', 2)).toBeNull();
    await snapshots.save('wallet-3', 90n, 2, { shape: 2 });
    expect(await snapshots.load('wallet-3', 2)).toEqual({ revision: 90n, state: { shape: 2 } });
    await snapshots.save('wallet-3', 200n, 1, { shape: 1 });
    expect(await snapshots.load('wallet-3', 2)).toEqual({ revision: 90n, state: { shape: 2 } });
  });
});
