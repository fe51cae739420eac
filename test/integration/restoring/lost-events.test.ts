import type { RecordedEvent } from '../../../src/application/ports/event-store';
import { streams } from '../../../src/domain/shared/streams';
import type { WalletEvent } from '../../../src/domain/wallet/events';
import { inSnapshot } from '../../../src/infrastructure/audit/verify-audit';
import type { Database } from '../../../src/infrastructure/postgres/database';
import {
  insertAcceptance,
  insertLost,
  keptLost,
  listAcceptances,
} from '../../../src/infrastructure/restoring/acceptances';
import { LostEvents } from '../../../src/infrastructure/restoring/lost-events';
import { TELLING_TABLES, type LostEvent } from '../../../src/infrastructure/restoring/lost-rows';
import { auditProjection } from '../../../src/projections/audit/audit.projection';
import { messagesProjection } from '../../../src/projections/messages/messages.projection';
import { statementProjection } from '../../../src/projections/statement/statement.projection';
import { walletsProjection } from '../../../src/projections/wallets/wallets.projection';
import { MemoryFeed } from '../../support/memory-feed';
import { queued, testId } from '../../support/message-events';
import { feedItem, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';

const customerId = testId('cus', 1);
const wallet = streams.wallet(customerId, 'live');
const reservation = (n: number) => ({ reservationId: testId('rsv', n), messageId: testId('msg', n) });
const reserved = (n: number): WalletEvent => ({ type: 'FundsReserved', data: { ...reservation(n), amount: '8000' } });
const debited = (n: number): WalletEvent => ({
  type: 'WalletDebited',
  data: { ...reservation(n), amount: '8000', released: '0' },
});

describe('what a restored log has lost', () => {
  let db: MigratedDatabase;
  let projector: Database;
  let log: TestLog;
  let feed: MemoryFeed;
  beforeEach(async () => {
    db = await migratedDatabase();
    projector = db.as('waht_projector');
    log = new TestLog();
    feed = new MemoryFeed();
  });
  afterEach(() => db?.close());

  it('are looked for in every read model that says from which event a row is', async () => {
    const { rows } = await db.as('waht_projector').query<{ table_name: string }>({
      text: `SELECT table_name FROM information_schema.columns
              WHERE column_name = 'revision' AND table_schema = current_schema() ORDER BY table_name`,
    });
    // The audit log is what they are compared with; a watched message is in `messages` too; the others are no read models.
    const others = [
      'audit_log',
      'message_watch',
      'lost_events',
      'parked_streams',
      'projection_interventions',
      'snapshots',
    ];
    const wanted = rows.map(({ table_name: name }) => name).filter((name) => !others.includes(name));
    expect(wanted.length).toBeGreaterThan(5);
    expect([...TELLING_TABLES].sort()).toEqual(wanted);
  });

  /** As of one request, like the message and its money. */
  function happen(request: string, stream: string, event: { type: string; data: object }): RecordedEvent {
    const recorded = log.append(stream, event);
    const metadata = { ...recorded.metadata, customerId, correlationId: request };
    const own = { ...recorded, metadata };
    log.all[log.all.length - 1] = own;
    return own;
  }
  function send(n: number): void {
    happen(`request-${n}`, wallet, reserved(n));
    happen(`request-${n}`, streams.message(testId('msg', n)), queued(n));
  }
  async function project(audited = log.all.length): Promise<void> {
    await projector.transaction((sql) => auditProjection.apply(log.all.slice(0, audited).map(feedItem), sql));
    for (const one of [messagesProjection, walletsProjection, statementProjection]) {
      const wanted = log.all.filter(({ type }) => one.handles.includes(type));
      await projector.transaction((sql) => one.apply(wanted, sql));
    }
  }
  /** The log as it came back: up to there, and what was written behind it since. */
  function restore(events: number, grown: readonly RecordedEvent[] = []): void {
    feed.items.push(...[...log.all.slice(0, events), ...grown].map(feedItem));
  }
  async function lost(): Promise<{ common: bigint; rows: LostEvent[] }> {
    const held = new Map(feed.items.map(({ event }) => [`${event.stream}@${event.revision}`, event.id]));
    return inSnapshot(projector, async (sql) => {
      const found = await LostEvents.find(sql, {
        subscriptions: feed,
        lookUp: (stream, revision, id) => {
          const at = held.get(`${stream}@${revision}`);
          return Promise.resolve(at !== undefined && (id === null || at === id));
        },
      });
      const rows: LostEvent[] = [];
      for await (const page of found.pages()) rows.push(...page);
      return { common: found.common, rows };
    });
  }

  it('is nothing where the log has all', async () => {
    send(1);
    await project();
    restore(2);
    expect(await lost()).toEqual({ common: 2n, rows: [] });
  });

  it('names message, reservation, amount, actor and request of each event', async () => {
    send(1);
    send(2);
    happen('request-1', wallet, debited(1));
    await project();
    restore(2);
    const { common, rows } = await lost();
    expect(common).toBe(2n);
    expect(
      rows.map(({ type, message_id, reservation_id, amount, mode, correlation_id }) => [
        ...[type, message_id, reservation_id, amount, mode, correlation_id],
      ]),
    ).toEqual([
      ['FundsReserved', testId('msg', 2), testId('rsv', 2), '8000', 'live', 'request-2'],
      ['MessageQueued', testId('msg', 2), testId('rsv', 2), '8000', 'live', 'request-2'],
      ['WalletDebited', testId('msg', 1), testId('rsv', 1), '-8000', 'live', 'request-1'],
    ]);
    expect(rows[0]).toMatchObject({
      known_by: 'audit',
      stream: wallet,
      revision: '1',
      customer_id: customerId,
      actor_kind: 'system',
      actor_id: 'test',
      event_id: log.all[2]?.id,
      at: log.all[2]?.created,
    });
  });

  it('says of no message what a request for several has held', async () => {
    happen('batch', wallet, reserved(1));
    happen('batch', wallet, reserved(2));
    for (const n of [1, 2]) happen('batch', streams.message(testId('msg', n)), queued(n));
    await project();
    restore(0);
    const { rows } = await lost();
    expect(rows.map(({ message_id }) => message_id)).toEqual([null, null, testId('msg', 1), testId('msg', 2)]);
  });

  it('leaves out what was put back behind, and what the log has grown by since', async () => {
    send(1);
    send(2);
    await project();
    const other = new TestLog();
    const stranger = {
      ...other.append('other-1', { type: 'Grown', data: {} }),
      id: 'ffffffff-0000-4000-8000-000000000001',
    };
    restore(1, [{ ...stranger, position: { commit: 150n, prepare: 150n } }, ...log.all.slice(2, 3)]);
    const { common, rows } = await lost();
    expect(common).toBe(1n);
    expect(rows.map(({ event_id }) => event_id)).toEqual([log.all[1]?.id, log.all[3]?.id]);
  });

  it('holds what only a read model knew, where the audit log was behind', async () => {
    send(1);
    happen('request-1', wallet, debited(1));
    await project(1);
    restore(1);
    const { rows } = await lost();
    expect(rows).toMatchObject([
      { known_by: 'messages', stream: streams.message(testId('msg', 1)), revision: '0', type: null, amount: '8000' },
      { known_by: 'statement_lines', stream: wallet, revision: '1', event_id: log.all[2]?.id, amount: '-8000' },
    ]);
    // And none of it where the log has it all, and only the audit log is behind.
    feed.items.length = 0;
    restore(3);
    expect((await lost()).rows).toEqual([]);
  });

  it('is kept with who accepted it, for good', async () => {
    send(1);
    await project();
    restore(0);
    const { rows } = await lost();
    const acceptance = { id: '7b0c2d1e-5a4f-5c3b-9d2e-1f0a9b8c7d6e', at: '2026-11-23T00:00:00.000Z', actor: 'amina' };
    const worker = db.as('waht_worker');
    await worker.transaction(async (sql) => {
      expect(await insertAcceptance(sql, { ...acceptance, note: 'disk lost', found: 'less' })).toBe(true);
      await insertLost(sql, acceptance.id, 0, rows.slice(0, 1));
      await insertLost(sql, acceptance.id, 1, rows.slice(1));
    });
    expect(await insertAcceptance(worker, { ...acceptance, note: 'again', found: 'less' })).toBe(false);
    expect(await listAcceptances(worker)).toEqual([
      { ...acceptance, note: 'disk lost', found: 'less', lost_events: 2 },
    ]);
    const kept: LostEvent[] = [];
    for await (const page of keptLost(worker, acceptance.id)) kept.push(...page);
    expect(kept).toEqual(rows);
    for (const table of ['log_acceptances', 'lost_events']) {
      await expect(db.database.query({ text: `DELETE FROM ${table}` })).rejects.toThrow('append-only');
    }
  });
});
