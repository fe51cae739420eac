import { leaks, privileges } from '../../support/catalogue';
import { migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

/** Ends the transaction in which something was planted. */
class Enough extends Error {}

describe('the catalogue of the database', () => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());

  it('shows no table, view or function through which a customer would see another', async () => {
    expect(await leaks(db.database)).toEqual([]);
  });

  // A table that is new here says in its migration who may do what with it, and has its line.
  it('gives each role what it needs, and no more', async () => {
    expect(await privileges(db.database)).toEqual({
      access_head: 'worker SU',
      access_log: 'worker SI',
      audit_head: 'projector SU, worker S',
      audit_log: 'api S, projector SI, worker S',
      blocks: 'projector SIUD, worker S',
      customers: 'projector SIUD, worker S',
      inbound_inbox: 'worker SIUD',
      inbound_numbers: 'projector SIUD, worker S',
      log_acceptances: 'worker SI',
      log_mark: 'worker SIU',
      lost_events: 'worker SI',
      message_attempts: 'projector SIUD, worker S',
      message_parts: 'worker SIUD',
      message_watch: 'projector SIUD, worker S',
      messages: 'api S, projector SIUD',
      opt_outs: 'api S, projector SIUD',
      parked_streams: 'projector SIUD, worker S',
      price_lists: 'projector SIUD, worker S',
      projection_checkpoints: 'projector SIU, worker S',
      projection_interventions: 'projector SI, worker S',
      rebuilds_owed: 'worker S',
      provider_answers: 'worker SID',
      receipt_inbox: 'worker SIUD',
      reservations: 'projector SIUD, worker Su',
      schema_migrations: 'worker S',
      snapshots: 'worker SIUD',
      statement_lines: 'api S, projector SIUD',
      subject_keys: 'worker SIUD',
      timers: 'worker SIUD',
      wallets: 'api S, projector SIUD',
    });
  });

  describe('shows what is planted:', () => {
    const tenantPolicy = `USING (customer_id = nullif(current_setting('app.customer', true), ''))`;
    const secured = `CREATE TABLE planted (customer_id text, id text);
                     ALTER TABLE planted ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                     CREATE POLICY tenant ON planted TO waht_api ${tenantPolicy};
                     GRANT SELECT, INSERT ON planted TO waht_api;`;

    it.each([
      [
        'a table without row-level security',
        'CREATE TABLE planted (customer_id text)',
        /^planted: .*without row-level/,
      ],
      [
        'one without FORCE',
        `CREATE TABLE planted (customer_id text); ALTER TABLE planted ENABLE ROW LEVEL SECURITY`,
        /^planted: .*without FORCE/,
      ],
      [
        'one without a policy',
        'CREATE TABLE planted (customer_id text); ALTER TABLE planted ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
        /^planted: .*without a policy/,
      ],
      ['one in another schema', 'CREATE SCHEMA x CREATE TABLE planted (customer_id text)', /^x\.planted: /],
      ['a policy for everybody', 'CREATE POLICY all_of_them ON messages USING (true)', /^all_of_them ON messages: /],
      [
        'a wide policy for the role that answers customers',
        'CREATE POLICY wide ON messages TO waht_api USING (customer_id IS NOT NULL)',
        /^wide ON messages: /,
      ],
      [
        'a policy that lets a customer write for another',
        `CREATE POLICY wide ON messages FOR ALL TO waht_api ${tenantPolicy} WITH CHECK (true)`,
        /^wide ON messages: /,
      ],
      [
        'a policy that compares with another setting',
        `CREATE POLICY other ON messages TO waht_api USING (customer_id = current_setting('app.tenant'))`,
        /^other ON messages: /,
      ],
      ['an open table', 'GRANT SELECT ON receipt_inbox TO waht_api', /^receipt_inbox: a table that waht_api may use/],
      ['an open column', 'GRANT SELECT (report) ON receipt_inbox TO waht_api', /^receipt_inbox: a table that waht_api/],
      ['one open to all', 'GRANT SELECT ON snapshots TO PUBLIC', /^snapshots: a table that waht_api may use/],
      ['a plain view', 'CREATE VIEW planted AS SELECT * FROM messages', /^planted: a view/],
      [
        'a view that is told not to ask',
        'CREATE VIEW planted WITH (security_invoker = false) AS SELECT * FROM messages',
        /^planted: a view/,
      ],
      ['a materialized view', 'CREATE MATERIALIZED VIEW planted AS SELECT * FROM messages', /^planted: a materialized/],
      [
        'a function that runs as its owner',
        `CREATE FUNCTION planted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM messages'`,
        /^planted\(\): a function/,
      ],
      [
        'a leakproof function',
        `CREATE FUNCTION planted(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'`,
        /^planted\(text\): a function marked leakproof/,
      ],
      ['a rule', 'CREATE RULE planted AS ON INSERT TO timers DO ALSO DELETE FROM timers', /^planted ON timers: a rule/],
      [
        'a global unique index where a customer writes',
        `${secured} CREATE UNIQUE INDEX planted_id ON planted (id, customer_id)`,
        /^planted_id: a unique index/,
      ],
      [
        'a foreign key that asks for any row',
        `CREATE TABLE planted (message_id text REFERENCES messages)`,
        /^planted_message_id_fkey ON planted: a foreign key/,
      ],
      ['TRUNCATE', 'GRANT TRUNCATE ON messages TO waht_projector', /^messages: waht_projector may TRUNCATE/],
      ['a role that logs in', 'ALTER ROLE waht_api LOGIN', /^waht_api: a role of the program/],
      ['a role that bypasses', 'ALTER ROLE waht_worker BYPASSRLS', /^waht_worker: a role of the program/],
      ['a role that is another', 'GRANT waht_projector TO waht_api', /^waht_api: a role of the program/],
      ['a role that owns', 'ALTER TABLE timers OWNER TO waht_worker', /^waht_worker: a role of the program/],
      ['a role that may create', 'GRANT CREATE ON SCHEMA public TO waht_api', /^public for waht_api: a schema/],
    ])('%s', async (_what, ddl, expected) => {
      let found: string[] = [];
      const planted = db.database.transaction(async (sql) => {
        await sql.query({ text: ddl });
        found = await leaks(sql);
        throw new Enough();
      });
      await expect(planted).rejects.toThrow(Enough);
      expect(found).toContainEqual(expect.stringMatching(expected));
    });

    it('and nothing where a table is as it should be', async () => {
      let found: string[] = ['not looked'];
      const planted = db.database.transaction(async (sql) => {
        await sql.query({ text: `${secured} CREATE UNIQUE INDEX planted_id ON planted (customer_id, id)` });
        await sql.query({ text: 'CREATE VIEW seen WITH (security_invoker = true) AS SELECT * FROM planted' });
        found = await leaks(sql);
        throw new Enough();
      });
      await expect(planted).rejects.toThrow(Enough);
      expect(found).toEqual([]);
    });
  });
});
