import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessChain, auditChain } from '../../../src/infrastructure/audit/chained-log';
import { HeadSigner } from '../../../src/infrastructure/audit/head-signer';
import { HeadsFile } from '../../../src/infrastructure/audit/heads-file';
import { signingKey } from '../../../src/infrastructure/audit/signing-keys';
import { runCommand } from '../../../src/infrastructure/embedded/launcher/run-command';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';
import { testDist } from '../../support/services';
import { StoreProcess } from '../../support/store-process';

const secret = (n: number): string => Buffer.alloc(32, n).toString('base64url');
const VERIFIER = join(__dirname, '../../../tools/verify-audit.mjs');

/** The commands as an auditor runs them, on an event log of their own. */
describe('waht audit', () => {
  let db: MigratedDatabase;
  let store: StoreProcess;
  let folder: string;
  jest.setTimeout(240_000);

  beforeAll(async () => {
    [db, store] = await Promise.all([migratedDatabase(), StoreProcess.start()]);
    folder = mkdtempSync(join(tmpdir(), 'waht-audit-'));
  });
  afterAll(async () => {
    await Promise.all([db?.close(), store?.remove()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const waht = (...args: string[]) =>
    runCommand(process.execPath, [join(testDist(), 'cli', 'main.js'), ...args], {
      env: {
        PATH: process.env['PATH'],
        ESDB_URL: store.url,
        DATABASE_URL: db.url,
        REDIS_URL: 'redis://127.0.0.1:1',
        WAHT_MASTER_KEY: secret(11),
        WAHT_LOOKUP_KEY: secret(12),
        WAHT_CALLBACK_SECRET: secret(13),
        WAHT_AUDIT_SIGNING_KEY: secret(14),
        WAHT_AUDIT_FOLDER: folder,
        WAHT_OPERATOR: 'amina',
        TIER_1: 'simulated',
        TIER_1_URL: 'http://127.0.0.1:9',
      },
    });

  it('builds, proves, lists and exports the log, and an auditor proves the export without us', async () => {
    expect(await waht('customer', 'register', '--name', 'Duka Ltd')).toMatchObject({ code: 0 });
    // Nothing projects here, so the replay makes all the rows.
    expect(await waht('audit', 'replay')).toMatchObject({ code: 0, output: expect.stringContaining('byte for byte') });
    const key = signingKey(Buffer.alloc(32, 14));
    const clock = { iso: () => new Date().toISOString() };
    const logs = [auditChain(), accessChain];
    await new HeadSigner(
      db.as('waht_worker'),
      logs,
      new HeadsFile(folder),
      { signing: key, trusted: [] },
      clock,
    ).sign();
    expect(await waht('audit', 'verify')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Everything holds.'),
    });

    const listed = await waht('audit', 'list', '--actor', 'operator:amina', '--json');
    expect(listed).toMatchObject({ code: 0, output: expect.stringContaining('CustomerRegistered') });
    const file = join(folder, 'audit.jsonl');
    expect(await waht('audit', 'export', '--out', file)).toMatchObject({ code: 0 });
    const offline = [VERIFIER, file, join(folder, 'heads.jsonl'), key.publicKey.toString('base64url')];
    expect(await runCommand(process.execPath, offline)).toMatchObject({
      code: 0,
      output: expect.stringContaining('holds'),
    });
    const csv = (await waht('audit', 'export', '--format', 'csv', '--action', 'CustomerRegistered')).output.split(
      '\r\n',
    );
    expect([csv[0]?.startsWith('seq,event_id,stream'), csv.length]).toEqual([true, 3]);
  });

  it('names the row that was edited behind its back, and makes it good only when told to', async () => {
    await db.database.transaction(async (sql) => {
      await sql.query({ text: 'ALTER TABLE audit_log DISABLE TRIGGER ALL' });
      await sql.query({ text: `UPDATE audit_log SET actor_id = 'nobody' WHERE seq = 2` });
    });
    const verified = await waht('audit', 'verify');
    expect(verified).toMatchObject({ code: 1, output: expect.stringContaining('row 2 was edited: actor_id') });
    expect(await waht('audit', 'replay')).toMatchObject({ code: 1, output: expect.stringContaining('--replace') });
    expect(await waht('audit', 'replay', '--replace')).toMatchObject({
      code: 1,
      output: expect.stringContaining('kept as'),
    });
    expect(await waht('audit', 'verify')).toMatchObject({ code: 0 });
  });
});
