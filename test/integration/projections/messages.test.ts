import type { DomainEvent } from '../../../src/domain/shared/event';
import { messagesProjection } from '../../../src/projections/messages/messages.projection';
import { messageEvents, queued, received, scheduled, sealed, testId } from '../../support/message-events';
import {
  applyTwice,
  DELIVERIES,
  migratedDatabase,
  TestLog,
  type MigratedDatabase,
} from '../../support/projection-spec';

const { stream, started, dispatched, delivered, unknown, refused, rerouted, failed, expired, abandoned } =
  messageEvents(1);

describe.each(DELIVERIES)('messages, events %s and each twice', (delivery) => {
  let db: MigratedDatabase;
  beforeAll(async () => {
    db = await migratedDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.database.query({ text: 'TRUNCATE messages' }));

  /** given(events).when(events).then(the row's state). The whole log comes once more at the end and must change nothing. */
  async function rowAfter(given: readonly DomainEvent[], when: readonly DomainEvent[]) {
    const log = new TestLog();
    const before = given.map((event) => log.append(stream, event));
    const after = when.map((event) => log.append(stream, event));
    await applyTwice(db.database, messagesProjection, before, 'in one batch');
    await applyTwice(db.database, messagesProjection, after, delivery);
    const row = await onlyRow();
    await applyTwice(db.database, messagesProjection, log.all, delivery);
    expect(await onlyRow()).toEqual(row);
    return row;
  }

  async function onlyRow(): Promise<Record<string, unknown> | undefined> {
    const { rows } = await db.database.query<Record<string, unknown>>({ text: 'SELECT * FROM messages' });
    expect(rows.length).toBeLessThanOrEqual(1);
    return rows[0];
  }

  it('keeps a queued message as it was accepted, number and body sealed', async () => {
    const row = await rowAfter([], [queued(1, { clientReference: 'order\u00007', batchId: 'bat_1', segments: 2 })]);
    expect(row).toEqual({
      message_id: testId('msg', 1),
      revision: '0',
      customer_id: testId('cus', 1),
      mode: 'live',
      direction: 'outbound',
      channel: 'sms',
      class: 'transactional',
      subject_id: testId('sub', 1),
      recipient: sealed(testId('sub', 1), 'to 1'),
      body: sealed(testId('sub', 1), 'body 1'),
      sender: 'WAHT',
      encoding: 'gsm7',
      segments: 2,
      on_unknown: 'never_twice',
      prices: { tier_1: '8000', tier_2: '10000' },
      // Postgres takes no NUL in a text.
      client_reference: 'order\ufffd7',
      batch_id: 'bat_1',
      send_at: null,
      valid_until: new Date('2026-11-23T06:00:00.000Z'),
      created_at: new Date('2026-11-22T06:00:01.000Z'),
      status: 'queued',
      final: false,
      tier: 'tier_1',
      amount: '8000',
      charge: 'reserved',
      error: null,
      dispatched_at: null,
      delivered_at: null,
    });
  });

  it('waits for its time, moves, and is queued when it comes', async () => {
    const at = (iso: string): Date => new Date(iso);
    expect(await rowAfter([], [scheduled(1)])).toMatchObject({
      status: 'scheduled',
      final: false,
      charge: 'reserved',
      amount: '8000',
      send_at: at('2026-11-22T08:00:00Z'),
      valid_until: at('2026-11-22T09:00:00Z'),
    });
    await db.database.query({ text: 'TRUNCATE messages' });
    const moved = {
      type: 'MessageRescheduled',
      data: { messageId: testId('msg', 1), sendAt: '2026-11-23T08:00:00.000Z', reason: 'requested' },
    } as const;
    expect(await rowAfter([scheduled(1)], [moved])).toMatchObject({
      status: 'scheduled',
      send_at: at('2026-11-23T08:00:00Z'),
      valid_until: at('2026-11-23T09:00:00Z'),
    });
    await db.database.query({ text: 'TRUNCATE messages' });
    expect(await rowAfter([scheduled(1), moved], [queued(1), started(), dispatched()])).toMatchObject({
      status: 'dispatched',
      charge: 'charged',
      send_at: at('2026-11-23T08:00:00Z'),
      valid_until: at('2026-11-23T06:00:00Z'),
    });
  });
  it('is dispatched and charged when a provider has accepted it', async () => {
    expect(await rowAfter([queued(1)], [started(), dispatched()])).toMatchObject({
      status: 'dispatched',
      final: false,
      charge: 'charged',
      amount: '8000',
      dispatched_at: new Date('2026-11-22T06:00:03.000Z'),
    });
  });

  it('is delivered at the time of the report', async () => {
    expect(await rowAfter([queued(1), started()], [dispatched(), delivered()])).toMatchObject({
      revision: '3',
      status: 'delivered',
      final: true,
      charge: 'charged',
      delivered_at: new Date('2026-11-22T06:01:00.500Z'),
    });
  });

  it('goes to the next tier at its price', async () => {
    const when = [refused(), rerouted(), started(2, 'tier_2'), dispatched(2, 'tier_2', '10000')];
    expect(await rowAfter([queued(1), started()], when)).toMatchObject({
      status: 'dispatched',
      tier: 'tier_2',
      amount: '10000',
      charge: 'charged',
    });
  });

  it('says why it failed, and that the charge stands', async () => {
    expect(await rowAfter([queued(1), started(), dispatched()], [failed()])).toMatchObject({
      status: 'failed',
      final: true,
      error: { code: 'unknown_subscriber', message: 'The number is not in use.', permanent: true },
      charge: 'charged',
      amount: '8000',
    });
  });

  it('costs nothing when its money was given back', async () => {
    const when = [failed({ charge: 'released', code: 'all_tiers_refused', tier: null, attempt: null })];
    expect(await rowAfter([queued(1), started(), refused()], when)).toMatchObject({
      status: 'failed',
      tier: 'tier_1',
      amount: '0',
      charge: 'released',
    });
  });

  it('expires with its validity', async () => {
    expect(await rowAfter([queued(1)], [expired()])).toMatchObject({
      status: 'expired',
      final: true,
      charge: 'released',
      amount: '0',
      error: { code: 'expired', permanent: false },
    });
  });

  it('becomes delivered by a late report, the money unchanged', async () => {
    const given = [queued(1), started(), unknown(), unknown({ final: true, reason: 'no_report', charge: 'released' })];
    expect(await rowAfter(given, [])).toMatchObject({ status: 'unknown', final: true, amount: '0' });
    await db.database.query({ text: 'TRUNCATE messages' });
    expect(await rowAfter(given, [delivered(1, 'tier_1', 'released')])).toMatchObject({
      status: 'delivered',
      final: true,
      amount: '0',
      charge: 'released',
    });
  });

  it('is charged under prefer_delivery at the tier that delivered', async () => {
    const given = [queued(1, { onUnknown: 'prefer_delivery' }), started(), dispatched()];
    const when = [rerouted({ reason: 'report_failed' }), started(2, 'tier_2'), dispatched(2, 'tier_2', '10000')];
    expect(await rowAfter(given, when)).toMatchObject({ status: 'dispatched', charge: 'reserved', amount: '10000' });
    await db.database.query({ text: 'TRUNCATE messages' });
    expect(await rowAfter(given, [...when, delivered(1, 'tier_1')])).toMatchObject({
      status: 'delivered',
      tier: 'tier_1',
      amount: '8000',
      charge: 'charged',
    });
  });

  it('stays delivered whatever comes after', async () => {
    const given = [queued(1), started(), dispatched(), delivered()];
    expect(await rowAfter(given, [failed({ charge: 'released' })])).toMatchObject({
      revision: '4',
      status: 'delivered',
      amount: '8000',
      error: null,
    });
  });

  it('has no row for a message that was only abandoned, and one for what came behind it', async () => {
    expect(await rowAfter([], [abandoned(9)])).toBeUndefined();
    expect(await rowAfter([abandoned(9)], [queued(1), started()])).toMatchObject({ revision: '2', status: 'queued' });
  });

  it('is received, whole, final and free of charge, where a person sent it', async () => {
    expect(await rowAfter([], [received(1)])).toMatchObject({
      revision: '0',
      direction: 'inbound',
      status: 'received',
      final: true,
      sender: '22384',
      tier: 'tier_1',
      recipient: sealed(testId('sub', 1), 'from 1'),
      body: sealed(testId('sub', 1), 'text 1'),
      amount: '0',
      charge: 'charged',
      valid_until: null,
      dispatched_at: null,
      prices: {},
      created_at: new Date('2026-11-22T06:00:01.000Z'),
      delivered_at: new Date('2026-11-22T05:59:59.900Z'),
    });
  });
});
