import { setTimeout as delay } from 'node:timers/promises';
import { isOutage } from '../../../src/infrastructure/http/outage';
import { Database } from '../../../src/infrastructure/postgres/database';
import type { DatabaseRole } from '../../../src/infrastructure/postgres/roles';
import { TenantTransactions } from '../../../src/infrastructure/postgres/tenancy';
import { leaks } from '../../support/catalogue';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const CUSTOMERS = 50;
const customer = (n: number): string => `cus_${String(n).padStart(26, '0')}`;
const [us, them] = [customer(1), customer(2)];
const COUNT = 'SELECT count(*)::int AS n FROM wallets';
const OWNERS = 'SELECT DISTINCT customer_id FROM wallets';

/** As what was planted is taken away again. */
class Enough extends Error {}

describe('row-level security', () => {
  let db: MigratedDatabase;
  let api: Database;
  let tenants: TenantTransactions;
  const errors: Error[] = [];

  beforeAll(async () => {
    db = await migratedDatabase();
    const options = { statementTimeoutMs: 5_000, applicationName: 'probe', role: 'waht_api' as const };
    api = new Database(db.url, { ...options, max: 2, onError: (error) => errors.push(error) });
    tenants = new TenantTransactions(api);
    await db.as('waht_projector').query({
      text: `INSERT INTO wallets (customer_id, mode, revision, credited, debited, reserved, updated_at)
             SELECT customer_id, mode, 0, 0, 0, 0, now()
               FROM unnest($1::text[]) AS customer_id, unnest('{live,test}'::text[]) AS mode`,
      values: [Array.from({ length: CUSTOMERS }, (_, n) => customer(n))],
    });
  });
  afterAll(async () => {
    await api.close();
    await db.close();
  });

  const count = async (sql: Pick<Database, 'query'>): Promise<number> =>
    (await sql.query<{ n: number }>({ text: COUNT })).rows[0]?.n ?? -1;
  const ownersSeen = async (sql: Pick<Database, 'query'>): Promise<string[]> =>
    (await sql.query<{ customer_id: string }>({ text: OWNERS })).rows.map((row) => row.customer_id);
  const setting = (of: string, local: boolean): { text: string; values: unknown[] } => ({
    text: `SELECT set_config('app.customer', $1, ${local})`,
    values: [of],
  });
  /** Does it as the superuser and undoes it. */
  async function planted(ddl: string, look: (sql: Pick<Database, 'query'>) => Promise<void>): Promise<void> {
    const work = db.database.transaction(async (sql) => {
      await sql.query({ text: ddl });
      await look(sql);
      throw new Enough();
    });
    await expect(work).rejects.toThrow(Enough);
  }
  const become = (role: DatabaseRole | 'planted_owner' | 'NONE') => ({ text: `SET LOCAL ROLE ${role}` });

  describe('the thirteen probes', () => {
    const OWNER = `CREATE ROLE planted_owner; GRANT CREATE, USAGE ON SCHEMA public TO planted_owner;
                   ALTER TABLE wallets OWNER TO planted_owner;`;

    it('1: the owner of a table without FORCE would see all rows; every table has it', async () => {
      await planted(`${OWNER} ALTER TABLE wallets NO FORCE ROW LEVEL SECURITY`, async (sql) => {
        await sql.query(become('planted_owner'));
        expect(await count(sql)).toBe(2 * CUSTOMERS);
        await sql.query(become('NONE'));
        expect(await leaks(sql)).toContainEqual(expect.stringMatching(/^wallets: .*without FORCE/));
      });
    });

    it('2: a plain view would show all rows; there is none', async () => {
      await planted('CREATE VIEW seen AS SELECT * FROM wallets; GRANT SELECT ON seen TO waht_api', async (sql) => {
        expect(await leaks(sql)).toContainEqual(expect.stringMatching(/^seen: a view/));
        await sql.query(become('waht_api'));
        expect((await sql.query({ text: 'SELECT FROM seen' })).rowCount).toBe(2 * CUSTOMERS);
      });
    });

    it('3: a materialized view would show all rows; there is none', async () => {
      const ddl = 'CREATE MATERIALIZED VIEW seen AS SELECT * FROM wallets; GRANT SELECT ON seen TO waht_api';
      await planted(ddl, async (sql) => {
        expect(await leaks(sql)).toContainEqual(expect.stringMatching(/^seen: a materialized view/));
        await sql.query(become('waht_api'));
        expect((await sql.query({ text: 'SELECT FROM seen' })).rowCount).toBe(2 * CUSTOMERS);
      });
    });

    it('4: a function that runs as its owner would show all rows; there is none', async () => {
      const body = 'SELECT count(*) FROM wallets';
      await planted(`CREATE FUNCTION seen() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS '${body}'`, async (sql) => {
        expect(await leaks(sql)).toContainEqual(expect.stringMatching(/^seen\(\): a function/));
        await sql.query(become('waht_api'));
        expect((await sql.query<{ n: string }>({ text: 'SELECT seen() AS n' })).rows).toEqual([
          { n: String(2 * CUSTOMERS) },
        ]);
      });
    });

    it('5: a superuser, or a role that bypasses, would see all rows even with FORCE; the program acts as neither', async () => {
      expect(await count(db.database)).toBe(2 * CUSTOMERS);
      await planted('ALTER ROLE waht_api BYPASSRLS', async (sql) => {
        expect(await leaks(sql)).toContainEqual(expect.stringMatching(/^waht_api: a role of the program/));
        await sql.query(become('waht_api'));
        expect(await count(sql)).toBe(2 * CUSTOMERS);
      });
      expect(await count(api)).toBe(0);
    });

    it('6: a tenant set for the session would outlive the COMMIT; one set by the helper does not', async () => {
      await planted('SELECT 1', async (sql) => {
        await sql.query(setting(us, false));
        await sql.query({ text: 'COMMIT' });
        await sql.query({ text: 'BEGIN' });
        await sql.query(become('waht_api'));
        expect(await ownersSeen(sql)).toEqual([us]);
        await sql.query(setting('', false));
        await sql.query({ text: 'COMMIT' });
        await sql.query({ text: 'BEGIN' });
      });
      const pids = new Set<number>();
      const pid = { text: 'SELECT pg_backend_pid() AS pid' };
      for (let n = 0; n < 6; n++) {
        await tenants.read(us, async (sql) => pids.add((await sql.query<{ pid: number }>(pid)).rows[0]!.pid));
        await expect(tenants.read(us, (sql) => sql.query({ text: 'SELECT 1 / 0' }))).rejects.toThrow('division');
        pids.add((await api.query<{ pid: number }>(pid)).rows[0]!.pid);
        expect(await ownersSeen(api)).toEqual([]);
      }
      // The very connections that had a tenant.
      expect(pids.size).toBeLessThanOrEqual(2);
    });

    it('7: a global UNIQUE would tell that an id exists; who answers customers cannot try', async () => {
      const ddl = `CREATE TABLE named (customer_id text, id text UNIQUE);
                   ALTER TABLE named ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                   CREATE POLICY tenant ON named TO waht_api
                     USING (customer_id = nullif(current_setting('app.customer', true), ''));
                   INSERT INTO named VALUES ('${them}', 'theirs'); GRANT SELECT, INSERT ON named TO waht_api`;
      await planted(ddl, async (sql) => {
        expect(await leaks(sql)).toEqual([expect.stringMatching(/^named_id_key: a unique index/)]);
        await sql.query(become('waht_api'));
        await sql.query(setting(us, true));
        const insert = sql.query({ text: `INSERT INTO named VALUES ('${us}', 'theirs')` });
        await expect(insert).rejects.toMatchObject({ code: '23505' });
      });
      const mine = `INSERT INTO wallets SELECT customer_id, mode, 1, 0, 0, 0, now() FROM wallets`;
      await expect(tenants.read(us, (sql) => sql.query({ text: mine }))).rejects.toMatchObject({ code: '25006' });
      const past = api.transaction(async (sql) => {
        await sql.query(setting(us, true));
        await sql.query({ text: mine });
      });
      await expect(past).rejects.toMatchObject({ code: '42501', message: 'permission denied for table wallets' });
    });

    it('8: once a local setting has ended it is empty, not absent; the policies take both for nobody', async () => {
      await tenants.read(us, (sql) => sql.query({ text: COUNT }));
      const left = await api.query<{ left: string | null }>({
        text: `SELECT current_setting('app.customer', true) AS left`,
      });
      expect(left.rows).toEqual([{ left: '' }]);
      expect(await count(api)).toBe(0);
      // A customer whose id is empty would be everybody's after the first commit.
      await planted(`INSERT INTO wallets VALUES ('', 'live', 0, 0, 0, 0, now())`, async (sql) => {
        await sql.query(become('waht_api'));
        await sql.query(setting('', true));
        expect(await count(sql)).toBe(0);
      });
      await expect(tenants.read('', (sql) => sql.query({ text: COUNT }))).rejects.toThrow('a read for nobody');
    });

    it('9: without a tenant there are no rows, on any table (row 77)', async () => {
      const fresh = db.as('waht_api');
      for (const table of ['messages', 'wallets', 'statement_lines', 'audit_log']) {
        expect((await fresh.query({ text: `SELECT FROM ${table}` })).rowCount).toBe(0);
      }
      expect(await count(fresh)).toBe(0);
    });

    it('10: a row for another tenant is refused', async () => {
      const ddl = `GRANT INSERT ON wallets TO waht_api;
                   CREATE POLICY writes ON wallets FOR INSERT TO waht_api
                     WITH CHECK (customer_id = nullif(current_setting('app.customer', true), ''))`;
      await planted(ddl, async (sql) => {
        await sql.query(become('waht_api'));
        await sql.query(setting('cus_new', true));
        const insert = (of: string) =>
          sql.query({ text: `INSERT INTO wallets VALUES ('${of}', 'x', 0, 0, 0, 0, now())` });
        await expect(insert('cus_new')).resolves.toMatchObject({ rowCount: 1 });
        await expect(insert(them)).rejects.toMatchObject({
          code: '42501',
          message: expect.stringContaining('row-level'),
        });
      });
    });

    it('11: a view that reads as its caller shows nobody anything without a tenant', async () => {
      const ddl = `CREATE VIEW seen WITH (security_invoker = true) AS SELECT * FROM wallets;
                   GRANT SELECT ON seen TO waht_api`;
      await planted(ddl, async (sql) => {
        await sql.query(become('waht_api'));
        expect((await sql.query({ text: 'SELECT FROM seen' })).rowCount).toBe(0);
        await sql.query(setting(us, true));
        expect((await sql.query({ text: 'SELECT FROM seen' })).rowCount).toBe(2);
      });
    });

    it('12: the owner sees no rows where it is forced', async () => {
      await planted(OWNER, async (sql) => {
        await sql.query(become('planted_owner'));
        expect(await count(sql)).toBe(0);
      });
    });

    it('13: TRUNCATE, which no policy reaches, is refused to every role', async () => {
      for (const role of ['waht_api', 'waht_projector', 'waht_worker'] as const) {
        const truncate = db.as(role).query({ text: 'TRUNCATE wallets' });
        await expect(truncate).rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  it('shows 1 000 interleaved requests of 50 tenants over a pool of 2 not one foreign row (row 103)', async () => {
    const seen: string[] = [];
    const look = (own: string, pauseMs: number): Promise<void> =>
      tenants.read(own, async (sql) => {
        for (let twice = 0; twice < 2; twice++) {
          const { rows } = await sql.query<{ customer_id: string }>({ text: 'SELECT customer_id FROM wallets' });
          seen.push(...rows.map((row) => (row.customer_id === own ? 'own' : 'foreign')));
          await delay(pauseMs);
        }
      });
    const requests = async (n: number): Promise<void> => {
      for (let k = 0; k < 20; k++) await look(customer(n), (n + k) % 3);
    };
    await Promise.all(Array.from({ length: CUSTOMERS }, (_, n) => requests(n)));
    expect(seen).toHaveLength(4_000);
    expect(seen.filter((whose) => whose === 'foreign')).toEqual([]);
    expect(await ownersSeen(api)).toEqual([]);
  }, 60_000);

  describe('when Postgres fails a read (row 75)', () => {
    const kill = (pid: number): Promise<unknown> =>
      db.database.query({ text: 'SELECT pg_terminate_backend($1)', values: [pid] });
    const self = { text: 'SELECT pg_backend_pid() AS pid' };

    it('tries once more on another connection where the first was killed in the midst of it', async () => {
      const pids: number[] = [];
      const owners = await tenants.read(us, async (sql) => {
        const pid = (await sql.query<{ pid: number }>(self)).rows[0]!.pid;
        pids.push(pid);
        if (pids.length === 1) await kill(pid);
        return (await sql.query<{ customer_id: string }>({ text: OWNERS })).rows;
      });
      expect(owners).toEqual([{ customer_id: us }]);
      expect(new Set(pids).size).toBe(2);
      expect(await ownersSeen(api)).toEqual([]);
    });

    it('gives up after that, with an error that is answered by 503', async () => {
      let tries = 0;
      const read = tenants.read(us, async (sql) => {
        tries++;
        await kill((await sql.query<{ pid: number }>(self)).rows[0]!.pid);
        return sql.query({ text: OWNERS });
      });
      const error = await read.then(() => null).catch((thrown: unknown) => thrown);
      expect([tries, isOutage(error)]).toEqual([2, true]);
      expect(await ownersSeen(api)).toEqual([]);
    });

    it('repeats what lost a deadlock or a serialization, a few times only', async () => {
      const lost = (code: string) => ({ text: `DO $$ BEGIN RAISE SQLSTATE '${code}'; END $$` });
      for (const code of ['40001', '40P01']) {
        let tries = 0;
        const owners = tenants.read(us, async (sql) => {
          if (++tries < 3) await sql.query(lost(code));
          return (await sql.query<{ customer_id: string }>({ text: OWNERS })).rows;
        });
        expect(await owners).toEqual([{ customer_id: us }]);
        expect(tries).toBe(3);
      }
      let tries = 0;
      const hopeless = tenants.read(us, (sql) => {
        tries++;
        return sql.query(lost('40001'));
      });
      const error = await hopeless.then(() => null).catch((thrown: unknown) => thrown);
      expect([tries, isOutage(error)]).toEqual([4, true]);
      expect(await ownersSeen(api)).toEqual([]);
    });

    it('waits for a connection for a while, and then answers 503', async () => {
      const held = [await api.connect(), await api.connect()];
      try {
        const error = await tenants.read(us, (sql) => sql.query({ text: OWNERS })).catch((thrown: unknown) => thrown);
        expect(isOutage(error)).toBe(true);
      } finally {
        for (const client of held) client.release();
      }
      expect(await tenants.read(us, (sql) => sql.query<{ n: number }>({ text: COUNT }))).toMatchObject({
        rows: [{ n: 2 }],
      });
    }, 15_000);
  });

  it('reads a page of one customer by its index, the tenant being a part of the search', async () => {
    const plan = await tenants.read(us, async (sql) => {
      const { rows } = await sql.query<Record<'QUERY PLAN', string>>({
        text: `EXPLAIN SELECT message_id FROM messages WHERE mode = 'live' ORDER BY created_at DESC, message_id DESC LIMIT 20`,
      });
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toMatch(/Index (Only )?Scan using messages_newest/);
    expect(plan).toMatch(/Index Cond: .*app\.customer/);
  });
});
