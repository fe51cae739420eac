import { randomBytes } from 'node:crypto';
import { DiskCleaner } from '../../../src/infrastructure/privacy/disk-cleaner';
import { binaryNeedles, scanFolders } from '../../support/plaintext-scan';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { vaultOn, randomVaultKeys } from '../../support/vault';

jest.setTimeout(120_000);

describe('cleaning the disk', () => {
  let place: MigratedDatabase;
  const keys = randomVaultKeys();
  beforeAll(async () => {
    place = await migratedDatabase();
  });
  afterAll(() => place?.close());

  async function traces(wrapped: Buffer): Promise<string[]> {
    await place.database.query({ text: 'CHECKPOINT' });
    const { rows } = await place.database.query<{ data: string; oid: string }>({
      text: `SELECT current_setting('data_directory') AS data, oid FROM pg_database WHERE datname = current_database()`,
    });
    const { data, oid } = rows[0] ?? { data: '', oid: '' };
    const found = scanFolders([`${data}/base/${oid}`, `${data}/pg_wal`], binaryNeedles('key', wrapped));
    return [...new Set(found.map(({ where }) => where.replace(/^.*\/(base|pg_wal)\/.*$/, '$1')))].sort();
  }

  it('leaves nothing of a deleted key in pages or the write-ahead log, where a deletion alone leaves it', async () => {
    const vault = vaultOn(place.as('waht_worker'), keys);
    const subjects = await Promise.all(
      Array.from({ length: 200 }, (_, n) => vault.subjectFor('cus_1', `+25471${String(n).padStart(7, '0')}`)),
    );
    const subjectId = subjects.at(-1)?.subjectId ?? '';
    const { rows } = await place.database.query<{ wrapped_key: Buffer }>({
      text: 'SELECT wrapped_key FROM subject_keys WHERE subject_id = $1',
      values: [subjectId],
    });
    const wrapped = rows[0]?.wrapped_key ?? randomBytes(60);
    expect(await traces(wrapped)).toContain('base');
    await vault.destroy([subjectId]);
    // Before the vacuum, which may or may not write over it.
    expect(await traces(wrapped)).toContain('base');
    await place.database.query({ text: 'VACUUM subject_keys' });
    await place.database.query({ text: 'ANALYZE subject_keys' });
    expect(await new DiskCleaner(place.url).clean()).toEqual(
      ['the keys’ table', 'the reports’ table', 'the answers’ table', 'the texts’ table', 'the write-ahead log'].map(
        (name) => ({ name, refused: null }),
      ),
    );
    expect(await traces(wrapped)).toEqual([]);
    // Log files are used again as before.
    const { rows: setting } = await place.database.query({ text: 'SHOW wal_recycle' });
    expect(setting).toEqual([{ wal_recycle: 'on' }]);
  });

  it('waits for no one for long, and tries again', async () => {
    const vault = vaultOn(place.as('waht_worker'), keys);
    const client = await place.database.connect();
    await client.query('BEGIN; LOCK TABLE subject_keys IN ACCESS SHARE MODE');
    const cleaning = new DiskCleaner(place.url).clean();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = performance.now();
    await vault.subjectFor('cus_1', '+254722000001');
    // Behind our lock request, no longer than that waits itself.
    expect(performance.now() - before).toBeLessThan(3_500);
    await client.query('COMMIT');
    client.release();
    expect((await cleaning).every(({ refused }) => refused === null)).toBe(true);
  });

  it('says what it may not do', async () => {
    const role = `waht_test_${randomBytes(4).toString('hex')}`;
    await place.database.query({ text: `CREATE ROLE ${role} LOGIN PASSWORD 'x' IN ROLE waht_worker` });
    try {
      const url = new URL(place.url);
      [url.username, url.password] = [role, 'x'];
      const steps = await new DiskCleaner(url.href).clean();
      expect(steps.map(({ refused }) => refused)).toEqual([
        expect.stringContaining('only its owner may'),
        expect.stringContaining('only its owner may'),
        expect.stringContaining('only its owner may'),
        expect.stringContaining('only its owner may'),
        expect.stringContaining('permission denied'),
      ]);
    } finally {
      await place.database.query({ text: `DROP ROLE ${role}` });
    }
  });
});
