import type { FeedItem } from '../../../src/application/ports/subscriptions';
import { auditProjection } from '../../../src/projections/audit/audit.projection';
import { auditChain } from '../../../src/infrastructure/audit/chained-log';
import { verifyChain } from '../../../src/infrastructure/audit/verify-chain';
import { messageEvents, queued } from '../../support/message-events';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

const { stream, started, dispatched } = messageEvents(1);

/** As a store would hand it out when this version of the program cannot read it. */
const undecodable = (item: FeedItem): FeedItem => ({
  kind: 'undecodable',
  event: {
    id: item.event.id,
    stream: item.event.stream,
    revision: item.event.revision,
    type: item.event.type,
    position: item.event.position,
    created: item.event.created,
    problem: 'newer_version',
    detail: 'schema 9',
  },
  raw: item.raw,
});

describe('audit log', () => {
  let db: MigratedDatabase;
  beforeEach(async () => {
    db = await migratedDatabase();
  });
  afterEach(() => db.close());

  const project = (items: readonly FeedItem[]): Promise<void> =>
    db.database.transaction((sql) => auditProjection.apply(items, sql));
  const rows = async () =>
    (
      await db.database.query<{
        seq: string;
        hash: Buffer;
        type: string;
        customer_id: string | null;
        actor_id: string;
      }>({
        text: 'SELECT * FROM audit_log ORDER BY seq',
      })
    ).rows;
  const chain = () => verifyChain(db.database, auditChain(), []);
  const history = (): FeedItem[] => {
    const log = new TestLog();
    for (const event of [queued(1), started(), dispatched()]) log.append(stream, event);
    return log.all.map(feedItem);
  };

  it('has one row an event however often and in whatever batches it comes', async () => {
    const items = history();
    await project(items.slice(0, 1));
    await project(items.slice(0, 2));
    for (const item of items) {
      await project([item]);
      await project([item]);
    }
    await project(items);
    expect((await rows()).map(({ seq, type }) => [seq, type])).toEqual([
      ['1', 'MessageQueued'],
      ['2', 'DispatchStarted'],
      ['3', 'MessageDispatched'],
    ]);
    expect(await chain()).toMatchObject({ rows: 3n, finding: null });
  });

  it('comes out byte for byte the same from a version that cannot decode, and in other batches', async () => {
    const items = history();
    await project(items);
    const once = await rows();
    const other = await migratedDatabase();
    try {
      for (const item of items) {
        await other.database.transaction((sql) => auditProjection.apply([undecodable(item)], sql));
      }
      const { rows: again } = await other.database.query({ text: 'SELECT * FROM audit_log ORDER BY seq' });
      expect(again).toEqual(once);
    } finally {
      await other.close();
    }
  });

  it('says who and for whom, and nothing of the payload', async () => {
    await project(history());
    const [first] = await rows();
    expect(first).toMatchObject({ actor_id: 'test', actor_kind: 'system', correlation_id: 'correlation-1' });
    expect(JSON.stringify(first)).not.toContain('WAHT');
  });

  it('gives a row to an event whose metadata is no JSON, or holds what Postgres refuses', async () => {
    const [item] = history();
    if (item === undefined) throw new Error('no event');
    const odd = { actor: { kind: 'NULL', id: 'a\u0000b\ud800{"\\,' }, at: '2026-02-31T00:00:00.000Z', customerId: 7 };
    const metadata = Buffer.from(JSON.stringify(odd));
    await project([{ ...undecodable(item), raw: { data: Buffer.from('{'), metadata } }]);
    const later = { ...item.event, revision: 1n, position: { commit: 999n, prepare: 999n } };
    await project([
      { kind: 'event', event: later, raw: { data: Buffer.alloc(0), metadata: Buffer.from('nonsense') } } as FeedItem,
    ]);
    expect(await rows()).toMatchObject([
      { actor_kind: 'NULL', actor_id: 'a\ufffdb\ufffd{"\\,', at: null, customer_id: null },
      { actor_id: null, at: null },
    ]);
    expect(await chain()).toMatchObject({ rows: 2n, finding: null });
  });

  it('refuses UPDATE, DELETE and TRUNCATE: to its writer by its rights, and to a superuser by its trigger', async () => {
    await project(history());
    for (const text of ['UPDATE audit_log SET type = type', 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
      await expect(db.database.query({ text })).rejects.toThrow('append-only');
      await expect(db.as('waht_projector').query({ text })).rejects.toThrow('permission denied');
    }
    expect(await rows()).toHaveLength(3);
  });

  it.each([
    ['a changed row', `UPDATE audit_log SET actor_id = 'someone else' WHERE seq = 2`, 2n],
    ['a time changed by a microsecond', `UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = 2`, 2n],
    ['a missing row', 'DELETE FROM audit_log WHERE seq = 2', 2n],
    ['rows cut off at the end', 'DELETE FROM audit_log WHERE seq = 3', 3n],
    ['a changed hash', `UPDATE audit_log SET hash = decode(repeat('ab', 32), 'hex') WHERE seq = 3`, 3n],
  ])('finds %s, made behind the trigger’s back', async (_what, text, brokenAt) => {
    await project(history());
    await db.database.transaction(async (sql) => {
      await sql.query({ text: 'ALTER TABLE audit_log DISABLE TRIGGER ALL' });
      await sql.query({ text });
      await sql.query({ text: 'ALTER TABLE audit_log ENABLE TRIGGER ALL' });
    });
    expect(await chain()).toMatchObject({ finding: { log: 'audit', row: brokenAt } });
  });
});
