import type { Configuration } from '../../../src/application/ports/configuration';
import { TenantTransactions } from '../../../src/infrastructure/postgres/tenancy';
import { auditProjection } from '../../../src/projections/audit/audit.projection';
import { ProjectedAuditReads } from '../../../src/projections/audit/projected-audit-reads';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

const ID = (n: number): string => String(n).padStart(26, '0');
const [A, B] = [`cus_${ID(1)}`, `cus_${ID(2)}`];

describe('the audit log as a customer sees it', () => {
  let db: MigratedDatabase;
  let reads: ProjectedAuditReads;
  beforeAll(async () => {
    db = await migratedDatabase();
    reads = new ProjectedAuditReads(new TenantTransactions(db.as('waht_api')), {
      lookupKey: Buffer.alloc(32, 5),
    } as Configuration);
    const log = new TestLog();
    const add = (customerId: string | null, stream: string, type: string, kind: 'key' | 'operator', id: string) => {
      const event = log.append(stream, { type, data: {} });
      return feedItem({ ...event, metadata: { ...event.metadata, customerId, actor: { kind, id } } });
    };
    const items = [
      add(A, `customer-${A}`, 'CustomerRegistered', 'operator', 'amina'),
      add(B, `customer-${B}`, 'CustomerRegistered', 'operator', 'amina'),
      add(null, 'provider-x', 'ProviderDegraded', 'operator', 'amina'),
    ];
    for (let n = 1; n <= 10; n++) {
      const owner = n % 2 === 0 ? A : B;
      items.push(add(owner, `message-msg_${ID(n)}`, 'MessageQueued', 'key', `key_of_${owner}`));
    }
    items.push(add(A, `wallet-${A}.test`, 'WalletOpened', 'operator', 'amina'));
    await db.as('waht_projector').transaction((sql) => auditProjection.apply(items, sql));
  });
  afterAll(() => db?.close());

  const actions = async (...question: Parameters<ProjectedAuditReads['list']>) =>
    (await reads.list(...question)).data.map(({ action, resource }) => `${action} ${resource.kind}`);

  it('is its own rows, newest first, a page after the other', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data, nextCursor } = await reads.list(A, {}, 3, after);
      expect(data.length).toBeLessThanOrEqual(3);
      seen.push(...data.map(({ resource }) => resource.id));
      after = nextCursor;
    } while (after !== null);
    expect(seen).toEqual([`${A}.test`, ...[10, 8, 6, 4, 2].map((n) => `msg_${ID(n)}`), A]);
  });

  it('holds nothing of another, whatever is asked for', async () => {
    expect(await actions(A, { resource: `msg_${ID(1)}` }, 20, null)).toEqual([]);
    expect(await actions(A, { resource: B }, 20, null)).toEqual([]);
    expect(await actions(A, { action: 'ProviderDegraded' }, 20, null)).toEqual([]);
    const { nextCursor } = await reads.list(B, {}, 2, null);
    await expect(reads.list(A, {}, 2, nextCursor)).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('is narrowed by resource, action, actor and time', async () => {
    expect(await actions(A, { resource: `msg_${ID(4)}` }, 20, null)).toEqual(['MessageQueued message']);
    expect(await actions(A, { resource: A }, 20, null)).toEqual(['WalletOpened wallet', 'CustomerRegistered customer']);
    expect(await actions(A, { action: 'CustomerRegistered' }, 20, null)).toHaveLength(1);
    expect(await actions(A, { actorKind: 'key' }, 20, null)).toHaveLength(5);
    const all = (await reads.list(A, {}, 20, null)).data;
    const third = all[2]?.recorded_at ?? '';
    expect((await reads.list(A, { asOf: third }, 20, null)).data).toEqual(all.slice(2));
    expect((await reads.list(A, { to: third }, 20, null)).data).toEqual(all.slice(3));
    expect((await reads.list(A, { from: third }, 20, null)).data).toEqual(all.slice(0, 3));
    await expect(reads.list(A, { resource: 'x' }, 20, null)).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  it('names its own keys and nobody of ours', async () => {
    const { data } = await reads.list(A, {}, 20, null);
    expect(data.map(({ actor }) => actor)).toContainEqual({ kind: 'key', id: `key_of_${A}` });
    expect(data.map(({ actor }) => actor)).toContainEqual({ kind: 'operator', id: null });
    expect(JSON.stringify(data)).not.toContain('amina');
    expect(data[0]).toMatchObject({
      correlation_id: expect.any(String),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});
