import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { ConfigurationError } from '../../../src/infrastructure/config/environment';
import { Database } from '../../../src/infrastructure/postgres/database';
import {
  migrateAsOwner,
  openDatabases,
  type DatabaseConfiguration,
} from '../../../src/infrastructure/postgres/open-databases';
import { createTestDatabase, type TestDatabase } from '../../support/services';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

describe('the login that the program serves with', () => {
  let place: TestDatabase;
  let admin: Client;
  beforeEach(async () => {
    place = await createTestDatabase();
    admin = new Client({ connectionString: place.url });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await place.drop();
  });

  const production = (change: Partial<DatabaseConfiguration> = {}): DatabaseConfiguration => ({
    environment: 'production',
    databaseUrl: place.applicationUrl,
    databaseOwnerUrl: null,
    ...change,
  });
  const login = (): string => new URL(place.applicationUrl).username;
  const refusal = async (configuration: DatabaseConfiguration): Promise<unknown> => {
    const opened = openDatabases(configuration, silent);
    return opened.then((databases) => databases.close()).catch((error: unknown) => error);
  };

  it('is made with the tables, inherits nothing, and acts as each role', async () => {
    expect(await migrateAsOwner(production({ databaseOwnerUrl: place.url }), silent)).toContain('0001_roles.sql');
    const databases = await openDatabases(production(), silent);
    const who = { text: 'SELECT current_user AS acts, session_user AS login' };
    for (const [name, role] of [
      ['api', 'waht_api'] as const,
      ['projector', 'waht_projector'] as const,
      ['worker', 'waht_worker'] as const,
    ]) {
      expect((await databases[name].query(who)).rows).toEqual([{ acts: role, login: login() }]);
    }
    await databases.close();
    const bare = new Client({ connectionString: place.applicationUrl });
    await bare.connect();
    await expect(bare.query('SELECT FROM wallets')).rejects.toMatchObject({ code: '42501' });
    await expect(bare.query('SET ROLE postgres')).rejects.toThrow();
    await expect(bare.query('CREATE TABLE mine (n int)')).rejects.toMatchObject({ code: '42501' });
    await bare.end();
  });

  it('can be made by an owner that is no superuser, which sees no rows itself', async () => {
    const owner = new URL(place.url);
    owner.username = `${login()}_owner`;
    owner.password = randomBytes(12).toString('hex');
    const made = [
      `CREATE ROLE ${owner.username} LOGIN CREATEROLE PASSWORD '${owner.password}'`,
      `ALTER SCHEMA public OWNER TO ${owner.username}`,
      // Other databases of this server have made them; whoever does may hand them on.
      ...['waht_api', 'waht_projector', 'waht_worker'].map(
        (role) =>
          `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role}; END IF; END $$`,
      ),
      `GRANT waht_api, waht_projector, waht_worker TO ${owner.username} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    ];
    for (const text of made) await admin.query(text);
    try {
      await migrateAsOwner(production({ databaseOwnerUrl: owner.href }), silent);
      const databases = await openDatabases(production(), silent);
      await databases.projector.query({ text: `INSERT INTO wallets VALUES ('cus_a', 'live', 0, 0, 0, 0, now())` });
      await databases.close();
      const itself = new Client({ connectionString: owner.href });
      await itself.connect();
      expect((await itself.query('SELECT FROM wallets')).rowCount).toBe(0);
      await itself.end();
      expect((await admin.query('SELECT FROM wallets')).rowCount).toBe(1);
    } finally {
      await admin.query(`DROP OWNED BY ${owner.username}; DROP ROLE ${login()}; DROP ROLE ${owner.username}`);
    }
  });

  it('waits for nobody: without the owner it says that the tables are missing', async () => {
    await admin.query(`CREATE ROLE ${login()} LOGIN NOINHERIT PASSWORD '${new URL(place.applicationUrl).password}'`);
    await admin.query(`GRANT waht_api, waht_projector, waht_worker TO ${login()}`);
    const error = await refusal(production());
    expect(String(error)).toMatch(
      /^MigrationError: the database lacks \d+ migrations, 0001_roles\.sql first: run "waht migrate"/,
    );
    await migrateAsOwner(production({ databaseOwnerUrl: place.url }), silent);
    await admin.query('DELETE FROM schema_migrations WHERE number = 101');
    expect(String(await refusal(production()))).toContain('the database lacks 1 migrations, 0101_messages.sql first');
    await admin.query(`INSERT INTO schema_migrations VALUES (101, '0101_messages.sql', 'edited')`);
    expect(String(await refusal(production()))).toContain('was edited after it was applied');
  });

  describe('is refused in production, in one line, where it', () => {
    beforeEach(() => migrateAsOwner(production({ databaseOwnerUrl: place.url }), silent));

    const said = async (configuration = production()): Promise<readonly string[]> => {
      const error = await refusal(configuration);
      if (error instanceof ConfigurationError) return error.problems;
      throw new Error(`not refused: ${String(error)}`);
    };

    it('is a superuser', async () => {
      expect(await said(production({ databaseUrl: place.url }))).toEqual([
        expect.stringMatching(/^DATABASE_URL logs in as \w+, which is a superuser: production wants/),
      ]);
    });

    it('bypasses row-level security', async () => {
      await admin.query(`ALTER ROLE ${login()} BYPASSRLS`);
      expect(await said()).toEqual([
        expect.stringContaining(`logs in as ${login()}, which bypasses row-level security`),
      ]);
    });

    it('owns a table', async () => {
      await admin.query(`ALTER TABLE timers OWNER TO ${login()}`);
      expect(await said()).toEqual([expect.stringContaining('which owns tables')]);
    });

    it('may act as the owner of one', async () => {
      const owner = `${login()}_owner`;
      await admin.query(`CREATE ROLE ${owner}; ALTER TABLE timers OWNER TO ${owner}; GRANT ${owner} TO ${login()}`);
      expect(await said()).toEqual([expect.stringContaining('which owns tables, or may act as their owner')]);
      await admin.query(`DROP OWNED BY ${owner}; DROP ROLE ${owner}`);
    });

    it('nowhere else: it starts', async () => {
      expect(await refusal(production())).toBeUndefined();
    });
  });

  it('may be the owner in development, and even then nothing runs as the owner', async () => {
    const databases = await openDatabases(
      { environment: 'development', databaseUrl: place.url, databaseOwnerUrl: place.url },
      silent,
    );
    const { rows } = await databases.worker.query({ text: 'SELECT current_user AS acts' });
    expect(rows).toEqual([{ acts: 'waht_worker' }]);
    await expect(databases.api.query({ text: 'SELECT FROM timers' })).rejects.toMatchObject({ code: '42501' });
    await databases.close();
  });

  it('gets no connection that could not take its role', async () => {
    await migrateAsOwner(production({ databaseOwnerUrl: place.url }), silent);
    await admin.query(`REVOKE waht_api FROM ${login()}`);
    const options = { max: 1, statementTimeoutMs: 1_000, applicationName: 'test', onError: () => undefined };
    const api = new Database(place.applicationUrl, { ...options, role: 'waht_api' });
    await expect(api.query({ text: 'SELECT 1' })).rejects.toThrow(/may not act as waht_api: run "waht migrate"/);
    await api.close();
  });
});
