import { PostgresAttemptIndex } from '../../../src/infrastructure/receipts/postgres-attempt-index';
import { messageAttemptsProjection } from '../../../src/projections/message-attempts/message-attempts.projection';
import type { MessageEvent } from '../../../src/domain/message/events';
import { messageEvents, queued, testId } from '../../support/message-events';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

jest.setTimeout(20_000);

describe.each(DELIVERIES)('attempts, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  let index: PostgresAttemptIndex;
  beforeAll(async () => {
    db = await migratedDatabase();
    index = new PostgresAttemptIndex(db.database);
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE message_attempts, message_watch, timers' }));

  const given = async (...messages: MessageEvent[][]): Promise<void> => {
    const log = new TestLog();
    for (const [i, events] of messages.entries())
      for (const event of events) log.append(messageEvents(i + 1).stream, event);
    await applyTwice(db.database, messageAttemptsProjection, log.all, delivery);
  };
  const at = (iso: string): Date => new Date(iso);
  const attempts = async () =>
    (
      await db.database.query({
        text: 'SELECT message_id, attempt, provider, subject_id, started_at, status, provider_message_id FROM message_attempts ORDER BY 1, 2',
      })
    ).rows;
  const watched = async () =>
    (await db.database.query({ text: 'SELECT message_id, attempts, status FROM message_watch ORDER BY 1' })).rows;
  const row = (n: number, attempt: number, status: string, id: string | null = null, tier = 'tier_1') => ({
    message_id: testId('msg', n),
    attempt,
    provider: `sim-${tier}`,
    subject_id: testId('sub', n),
    started_at: at('2026-11-22T06:00:01.000Z'),
    status,
    provider_message_id: id,
  });
  const one = messageEvents(1);
  const two = messageEvents(2);

  it('has a row a call, with the provider’s id once it is known', async () => {
    const failover = [
      ...[queued(1), one.started(), one.refused(), one.rerouted(), one.started(2, 'tier_2')],
      ...[one.dispatched(2, 'tier_2'), one.delivered(2, 'tier_2')],
    ];
    await given(failover, [queued(2), two.started()]);
    expect(await attempts()).toEqual([
      row(1, 1, 'refused'),
      row(1, 2, 'accepted', 'ATX1', 'tier_2'),
      row(2, 1, 'open'),
    ]);
    expect(await watched()).toEqual([{ message_id: testId('msg', 2), attempts: 1, status: 'claimed' }]);
    expect(await index.findByProviderId('sim-tier_2', 'ATX1')).toBe(testId('msg', 1));
    expect(await index.findByProviderId('sim-tier_1', 'ATX1')).toBeNull();
  });
  it('keeps the id of an attempt that a report refused afterwards', async () => {
    await given([queued(1), one.started(), one.dispatched(), one.refused()]);
    expect(await attempts()).toEqual([row(1, 1, 'refused', 'ATX1')]);
  });
  it('finds attempts without an id or a refusal, by provider, subject and time', async () => {
    await given(
      [queued(1), one.started(), one.unknown()],
      [queued(2), two.started()],
      [queued(3), messageEvents(3).started(), messageEvents(3).dispatched()],
    );
    const subjects = [1, 2, 3].map((n) => testId('sub', n));
    const open = (from: string, to: string, provider = 'sim-tier_1') =>
      index.openAttempts(provider, subjects, `2026-11-22T${from}Z`, `2026-11-22T${to}Z`);
    const found = await open('06:00:00', '06:00:02');
    expect(found.sort((a, b) => a.messageId.localeCompare(b.messageId))).toEqual([
      { messageId: testId('msg', 1), attempt: 1, unknown: true },
      { messageId: testId('msg', 2), attempt: 1, unknown: false },
    ]);
    expect(await open('05:00:00', '06:00:00')).toEqual([]);
    expect(await open('06:00:00', '06:00:02', 'sim-tier_2')).toEqual([]);
    expect(await index.openAttempts('sim-tier_1', [], '2026-11-22T06:00:00Z', '2026-11-22T06:00:02Z')).toEqual([]);
  });
  it('still knows an attempt that was unknown for good: a late report may settle it', async () => {
    await given([queued(1), one.started(), one.unknown(), one.unknown({ reason: 'no_report', final: true })]);
    expect(await attempts()).toEqual([row(1, 1, 'unknown')]);
    expect(await watched()).toEqual([]);
  });
  it('lists what got stuck and has no alarm', async () => {
    await given(
      [queued(1)],
      [queued(2), two.started()],
      [queued(3), messageEvents(3).started(), messageEvents(3).dispatched()],
      [queued(4)],
    );
    await db.database.query({
      text: `INSERT INTO timers VALUES ($1, 0, 'wait', now(), NULL)`,
      values: [testId('msg', 4)],
    });
    const quiet = '2026-11-22T07:00:00.000Z';
    const reasons = async (now: string) => (await index.overdue(quiet, now, 10)).map(({ reason }) => reason).sort();
    expect(await reasons('2026-11-22T08:00:00.000Z')).toEqual(['claimed', 'queued']);
    expect(await reasons('2026-11-23T06:10:00.000Z')).toEqual(['claimed', 'queued', 'unresolved']);
  });
});
