import { randomBytes } from 'node:crypto';
import { replayAudit, type ReplayReport } from '../../../src/infrastructure/audit/replay-audit';
import { auditChain } from '../../../src/infrastructure/audit/chained-log';
import { checkHeads } from '../../../src/infrastructure/audit/signed-head';
import { signRestored, type RestoredSigner } from '../../../src/infrastructure/audit/sign-restored';
import { verifyChain } from '../../../src/infrastructure/audit/verify-chain';
import { Database, type Sql } from '../../../src/infrastructure/postgres/database';
import type { ChainEnd } from '../../../src/projections/shared/hash-chain';
import { AuditFixture } from '../../support/audit-fixture';
import { MemoryFeed } from '../../support/memory-feed';
import { tamper } from '../../support/tampering';

describe('replay of the audit log', () => {
  let fixture: AuditFixture;
  let feed: MemoryFeed;
  beforeEach(async () => {
    fixture = await AuditFixture.create();
    await fixture.project(fixture.happen(40));
    await fixture.signer.sign();
    await fixture.project(fixture.happen(20));
    feed = new MemoryFeed();
    feed.items.push(...fixture.items);
  });
  afterEach(() => fixture?.close());

  const replay = (replace = false, owner = fixture.db.database): Promise<ReplayReport> =>
    replayAudit(owner, {
      subscriptions: feed,
      heads: checkHeads(fixture.file.read().lines, [fixture.key]).heads,
      signRestored: (sql, row) => signRestored(sql, row, signer()),
      replace,
      stamp: '20261122120000',
    });
  const signer = (signing = fixture.key): RestoredSigner => ({
    file: fixture.file,
    signing,
    keys: [fixture.key],
    time: '2026-11-23T00:00:00.000Z',
  });
  const rows = async (table = 'audit_log') =>
    (await fixture.db.database.query({ text: `SELECT * FROM ${table} ORDER BY seq` })).rows;
  const tables = async () =>
    (
      await fixture.db.database.query<{ name: string }>({
        text: `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'audit%' ORDER BY 1`,
      })
    ).rows.map(({ name }) => name);
  /** The rights, the policies and the triggers of the table. */
  const guards = async () =>
    (
      await fixture.db.database.query({
        text: `SELECT c.relacl::text AS acl, c.relrowsecurity, c.relforcerowsecurity,
                      (SELECT json_agg(t.tgname || t.tgtype ORDER BY 1) FROM pg_trigger t WHERE t.tgrelid = c.oid) AS triggers,
                      (SELECT json_agg(row_to_json(p) ORDER BY policyname) FROM pg_policies p WHERE tablename = c.relname) AS policies,
                      (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
                 FROM pg_class c WHERE oid = 'audit_log'::regclass`,
      })
    ).rows;

  it('comes out byte for byte the same, and takes the place of what was there with all its guards', async () => {
    const [before, guarded] = [await rows(), await guards()];
    const report = await replay();
    expect(report).toMatchObject({ rows: 60n, differsAt: null, contradictsHeadAt: null, swapped: true, keptAs: null });
    expect(await rows()).toEqual(before);
    expect(await guards()).toEqual(guarded);
    expect(await tables()).toEqual(['audit_head', 'audit_log']);
    await expect(fixture.db.database.query({ text: 'DELETE FROM audit_log' })).rejects.toThrow('append-only');
    // And the projection goes on where it was.
    await fixture.project(fixture.happen(5));
    expect(await verifyChain(fixture.db.database, auditChain(), [])).toMatchObject({ rows: 65n, finding: null });
  });

  it('is done by an owner that is no superuser, who is bound by row-level security as all are', async () => {
    const name = `owner_${randomBytes(6).toString('hex')}`;
    const run = (text: string) => fixture.db.database.query({ text });
    await run(`CREATE ROLE ${name} LOGIN PASSWORD 'of-a-test'`);
    await run(`GRANT CREATE, USAGE ON SCHEMA public TO ${name}`);
    for (const table of ['audit_log', 'audit_head', 'rebuilds_owed'])
      await run(`ALTER TABLE ${table} OWNER TO ${name}`);
    const url = Object.assign(new URL(fixture.db.url), { username: name, password: 'of-a-test' });
    const options = { max: 2, statementTimeoutMs: 10_000, applicationName: 'test', onError: () => undefined };
    const owner = new Database(url.href, options);
    try {
      expect((await owner.query({ text: 'SELECT 1 FROM audit_log' })).rows).toEqual([]);
      const guarded = await guards();
      expect(await replay(false, owner)).toMatchObject({ rows: 60n, differsAt: null, swapped: true });
      expect(await guards()).toEqual(guarded);
      await fixture.project(fixture.happen(5));
    } finally {
      await owner.close();
      await run(`DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`);
    }
  });

  it('holds what the projection has not written yet', async () => {
    feed.items.push(...fixture.happen(15));
    expect(await replay()).toMatchObject({ rows: 75n, differsAt: null, swapped: true });
    await fixture.project(fixture.items);
    expect(await rows()).toHaveLength(75);
  });

  it('replaces a log that differs only when told to, and keeps it', async () => {
    await fixture.db.database.transaction((sql) => tamper(sql, { kind: 'edit', row: 50, covered: true, chance: 0 }));
    const tampered = await rows();
    expect(await replay()).toMatchObject({ differsAt: 50n, swapped: false, keptAs: null });
    expect(await rows()).toEqual(tampered);
    const report = await replay(true);
    expect(report).toMatchObject({ differsAt: 50n, swapped: true, keptAs: 'audit_log_replaced_20261122120000' });
    expect(await rows('audit_log_replaced_20261122120000')).toEqual(tampered);
    expect(await verifyChain(fixture.db.database, auditChain(), [])).toMatchObject({
      rows: 60n,
      hash: report.hash,
      finding: null,
    });
  });

  it('replaces nothing where the event log does not make what was signed', async () => {
    const [other, ...rest] = fixture.items;
    if (other === undefined) throw new Error('no event');
    feed.items.splice(
      0,
      feed.items.length,
      { ...other, raw: { ...other.raw, data: Buffer.from('{"n":-1}') } },
      ...rest,
    );
    expect(await replay(true)).toMatchObject({ differsAt: 1n, contradictsHeadAt: 40n, swapped: false });
    expect(await tables()).toEqual(['audit_head', 'audit_log']);
  });

  describe('of an event log that was accepted with a loss', () => {
    const LEFT = 30;
    const accept = async () => {
      const acceptance = '7b0c2d1e-5a4f-5c3b-9d2e-1f0a9b8c7d6e';
      await fixture.db.database.query({
        text: `INSERT INTO log_acceptances (id, at, actor, note, found) VALUES ($1, now(), 'amina', 'disk lost', 'less')`,
        values: [acceptance],
      });
      await fixture.db.database.query({
        text: `INSERT INTO rebuilds_owed (projection, acceptance) VALUES ('audit', $1)`,
        values: [acceptance],
      });
    };
    const heads = () => checkHeads(fixture.file.read().lines, [fixture.key]);
    beforeEach(() => {
      const kept = fixture.items.slice(0, LEFT);
      fixture.items.splice(0, fixture.items.length, ...kept);
      feed.items.splice(0, feed.items.length, ...kept, ...fixture.happen(3).slice(0, 3));
    });

    it('says from where on the signed heads speak of what was lost, and goes on from there', async () => {
      await accept();
      expect(await replay()).toMatchObject({ differsAt: 31n, contradictsHeadAt: null, swapped: false });
      expect(heads().restored).toEqual([]);
      const report = await replay(true);
      expect(report).toMatchObject({ rows: 33n, contradictsHeadAt: null, swapped: true, restoredAfter: 30n });
      expect(heads()).toMatchObject({ fault: null, restored: [{ seq: 30n }], heads: [{ seq: 30n }] });
      expect(await verifyChain(fixture.db.database, auditChain(), heads().heads)).toMatchObject({ finding: null });
      const owed = await fixture.db.database.query({ text: 'SELECT 1 FROM rebuilds_owed' });
      expect(owed.rows).toEqual([]);
      await fixture.project(fixture.happen(10));
      expect(await fixture.signer.sign()).toMatchObject({ signed: 1 });
      expect(heads().heads.map(({ seq }) => seq)).toEqual([30n, 43n]);
    });

    it('still replaces nothing where what was signed before it is not what the log makes', async () => {
      await accept();
      // The head of row 40 is lost with its row; one of row 20 would not be.
      const signed = checkHeads(fixture.file.read().lines, [fixture.key]).heads;
      const forged = { ...signed[0]!, seq: 20n };
      const report = await replayAudit(fixture.db.database, {
        subscriptions: feed,
        heads: [forged],
        signRestored: () => Promise.reject(new Error('signed')),
        replace: true,
        stamp: '20261122120000',
      });
      expect(report).toMatchObject({ contradictsHeadAt: 20n, swapped: false });
    });

    it('replaces nothing where heads name what was lost and nobody can sign that', async () => {
      await accept();
      const input = { subscriptions: feed, heads: heads().heads, replace: true, stamp: '20261122120000' };
      const signRestoredBy = (sql: Sql, row: ChainEnd) => signRestored(sql, row, { ...signer(), signing: null });
      await expect(replayAudit(fixture.db.database, { ...input, signRestored: signRestoredBy })).rejects.toThrow(
        'WAHT_AUDIT_SIGNING_KEY',
      );
      expect(await rows()).toHaveLength(60);
    });

    it('and without an acceptance what was signed stands against it', async () => {
      expect(await replay(true)).toMatchObject({ contradictsHeadAt: 40n, swapped: false, restoredAfter: null });
    });
  });
});
