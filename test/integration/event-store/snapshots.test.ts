import { randomUUID } from 'node:crypto';
import type { Snapshot } from '../../../src/application/ports/snapshots';
import type { JsonObject } from '../../../src/domain/shared/json';
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

  const at = (revision: bigint, state: JsonObject): Snapshot => ({ revision, eventId: randomUUID(), state });

  it('come back as they were kept, 64-bit revision and all', async () => {
    expect(await snapshots.load('wallet-1', 1)).toBeNull();
    const state = { available: '1000000000', open: [{ id: 'rsv_1', amount: '8000' }], name: 'ş😀', none: null };
    const kept = at(2n ** 62n, state);
    await snapshots.save('wallet-1', 1, kept);
    expect(await snapshots.load('wallet-1', 1)).toEqual(kept);
  });

  it('keep the newest revision, whatever the order of saving', async () => {
    const [first, newer] = [at(100n, { at: 100 }), at(150n, { at: 150 })];
    await snapshots.save('wallet-2', 1, first);
    await snapshots.save('wallet-2', 1, at(50n, { at: 50 }));
    expect(await snapshots.load('wallet-2', 1)).toEqual(first);
    await snapshots.save('wallet-2', 1, newer);
    expect(await snapshots.load('wallet-2', 1)).toEqual(newer);
  });

  it('of another version are none, and a newer version is not overwritten by an older one', async () => {
    const newer = at(90n, { shape: 2 });
    await snapshots.save('wallet-3', 1, at(100n, { shape: 1 }));
    expect(await snapshots.load('wallet-3', 2)).toBeNull();
    await snapshots.save('wallet-3', 2, newer);
    expect(await snapshots.load('wallet-3', 2)).toEqual(newer);
    await snapshots.save('wallet-3', 1, at(200n, { shape: 1 }));
    expect(await snapshots.load('wallet-3', 2)).toEqual(newer);
  });

  it('are thrown away by the event that they were made after, and no other', async () => {
    const wrong = at(100n, { at: 100 });
    await snapshots.save('wallet-4', 1, wrong);
    await snapshots.discard('wallet-4', randomUUID());
    expect(await snapshots.load('wallet-4', 1)).toEqual(wrong);
    await snapshots.discard('wallet-4', wrong.eventId);
    expect(await snapshots.load('wallet-4', 1)).toBeNull();
    const lower = at(20n, { at: 20 });
    await snapshots.save('wallet-4', 1, lower);
    expect(await snapshots.load('wallet-4', 1)).toEqual(lower);
  });

  it('name the streams that were busy last', async () => {
    await snapshots.save('other-5', 1, at(1n, {}));
    await snapshots.save('wallet-5', 1, at(1n, {}));
    await snapshots.save('wallet-6', 1, at(1n, {}));
    await snapshots.save('wallet-5', 1, at(2n, {}));
    expect(await snapshots.newest('wallet-', 2)).toEqual(['wallet-5', 'wallet-6']);
  });
});
