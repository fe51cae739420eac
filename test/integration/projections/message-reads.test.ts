import { NO_SUCH_MESSAGE, type MessageFilter } from '../../../src/application/ports/message-reads';
import type { Configuration } from '../../../src/application/ports/configuration';
import type { SubjectVault } from '../../../src/application/ports/subject-vault';
import type { MessageEvent, MessageQueued } from '../../../src/domain/message/events';
import { streams } from '../../../src/domain/shared/streams';
import type { Database } from '../../../src/infrastructure/postgres/database';
import { TenantTransactions } from '../../../src/infrastructure/postgres/tenancy';
import { messagesProjection } from '../../../src/projections/messages/messages.projection';
import { ProjectedMessageReads } from '../../../src/projections/messages/projected-message-reads';
import { MemoryEventStore } from '../../support/memory-event-store';
import { messageEvents, queued, received, testId } from '../../support/message-events';
import { applyAsProjector, migratedDatabase, type MigratedDatabase } from '../../support/projection-spec';

const us = testId('cus', 1);
const them = testId('cus', 2);

/** Opens by saying what was sealed; message 13's recipient has been erased. */
const vault: Pick<SubjectVault, 'open' | 'findSubject'> = {
  open: (fields) => Promise.resolve(fields.map(({ kid, ct }) => (kid === testId('sub', 13) ? '[erased]' : ct))),
  findSubject: (_customerId, phone) =>
    Promise.resolve(phone === '+254712000001' ? { subjectId: testId('sub', 1), lookupHash: 'hash' } : null),
};

describe('reads of messages', () => {
  let db: MigratedDatabase;
  let store: MemoryEventStore;
  let reads: ProjectedMessageReads;
  let appended = 0;
  let api: Database;
  beforeAll(async () => {
    db = await migratedDatabase();
    api = db.as('waht_api');
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.database.query({ text: 'TRUNCATE messages' });
    store = new MemoryEventStore();
    const configuration = { lookupKey: Buffer.alloc(32, 7) } as Configuration;
    reads = new ProjectedMessageReads(new TenantTransactions(api), store, vault as SubjectVault, configuration);
  });

  /** Appends to the log; `at` in minutes after eight o'clock. */
  async function append(n: number, events: readonly MessageEvent[], atMinute = n): Promise<void> {
    const stream = streams.message(testId('msg', n));
    const before = store.events(stream).length;
    const at = new Date(Date.parse('2026-11-22T08:00:00.000Z') + atMinute * 60_000).toISOString();
    await store.append(
      stream,
      before === 0 ? 'no_stream' : BigInt(before - 1),
      events.map((event) => ({
        id: `00000000-0000-4000-8000-${String(++appended).padStart(12, '0')}`,
        event,
        metadata: { correlationId: 'c', causationId: 'c', customerId: us, actor: { kind: 'system', id: 't' }, at },
      })),
    );
  }

  const project = (...ns: number[]): Promise<void> => {
    const events = ns.flatMap((n) => store.events(streams.message(testId('msg', n))));
    return applyAsProjector(db.database, messagesProjection, events);
  };
  const queue = (n: number, data: Partial<MessageQueued['data']> = {}, atMinute = n): Promise<void> =>
    append(n, [queued(n, data)], atMinute);
  const ids = (data: readonly { message_id: string }[]): number[] =>
    data.map(({ message_id }) => Number(message_id.slice(4)));

  it('answers the same from the stream before it is projected as from the row afterwards', async () => {
    const { started, dispatched, delivered } = messageEvents(1);
    await append(1, [queued(1, { clientReference: 'order-7' }), started(), dispatched(), delivered()]);
    const fromStream = await reads.find(us, 'live', testId('msg', 1));
    await project(1);
    store.fault = 'none';
    expect(await reads.find(us, 'live', testId('msg', 1))).toEqual(fromStream);
    expect(fromStream).toEqual({
      message_id: testId('msg', 1),
      mode: 'live',
      direction: 'outbound',
      to: 'to 1',
      from: 'WAHT',
      channel: 'sms',
      body: 'body 1',
      class: 'transactional',
      status: 'delivered',
      final: true,
      provider: 'tier_1',
      encoding: 'gsm7',
      segments: 1,
      cost_kes: 0.8,
      charge: 'charged',
      error: null,
      client_reference: 'order-7',
      send_at: null,
      valid_until: '2026-11-23T06:00:00.000Z',
      created_at: '2026-11-22T08:01:00.000Z',
      dispatched_at: '2026-11-22T08:01:00.000Z',
      delivered_at: '2026-11-22T06:01:00.500Z',
    });
  });

  it.each(['projected', 'in the stream alone'])('hides what is another’s or of another mode, %s', async (where) => {
    await queue(1, { customerId: them });
    await queue(2, { mode: 'test' });
    await append(3, [messageEvents(3).abandoned(3)]);
    if (where === 'projected') await project(1, 2, 3);
    for (const n of [3, 99]) {
      expect(await reads.find(us, 'live', testId('msg', n))).toBeNull();
      expect(await reads.timeline(us, 'live', testId('msg', n))).toBeNull();
    }
    // To the caller all are the same; the log of refused calls learns whose it asked for.
    for (const [n, reason] of [[1, 'other_customer'] as const, [2, 'other_mode'] as const]) {
      const resource = testId('msg', n);
      const refused = { code: 'not_found', detail: NO_SUCH_MESSAGE, reason, resource };
      await expect(reads.find(us, 'live', resource)).rejects.toMatchObject(refused);
      await expect(reads.timeline(us, 'live', resource)).rejects.toMatchObject(refused);
    }
    expect(await reads.find(us, 'live', 'msg_nonsense')).toBeNull();
    expect(await reads.find(them, 'live', testId('msg', 1))).not.toBeNull();
    expect(await reads.find(us, 'test', testId('msg', 2))).not.toBeNull();
  });

  it('tells what it was at an instant of the store’s clock', async () => {
    const { started, dispatched } = messageEvents(1);
    await append(1, [queued(1), started(), dispatched()]);
    await project(1);
    const [first, , last] = store.events(streams.message(testId('msg', 1))).map(({ created }) => created);
    const before = new Date(Date.parse(first ?? '') - 1).toISOString();
    expect(await reads.find(us, 'live', testId('msg', 1), before)).toBeNull();
    expect(await reads.timeline(us, 'live', testId('msg', 1), before)).toBeNull();
    expect(await reads.find(us, 'live', testId('msg', 1), last)).toMatchObject({ status: 'dispatched' });
    expect(await reads.timeline(us, 'live', testId('msg', 1), last)).toHaveLength(3);
  });

  it('never says that there is none while it cannot know', async () => {
    store.fault = 'none';
    const unavailable = { code: 'unavailable', retryAfterSeconds: 1 };
    await expect(reads.find(us, 'live', testId('msg', 1))).rejects.toMatchObject(unavailable);
    await expect(reads.timeline(us, 'live', testId('msg', 1))).rejects.toMatchObject(unavailable);
  });

  it('tells a timeline from the stream', async () => {
    const { started } = messageEvents(1);
    await append(1, [queued(1), started()]);
    expect((await reads.timeline(us, 'live', testId('msg', 1)))?.map(({ type }) => type)).toEqual([
      'message.queued',
      'message.dispatch_started',
    ]);
  });

  it('lists newest first, in pages without a gap or a repeat, though many were made in one instant', async () => {
    for (let n = 1; n <= 11; n++) await queue(n, {}, n <= 6 ? 1 : n);
    await project(...Array.from({ length: 11 }, (_, i) => i + 1));
    const seen: number[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const page = await reads.list(us, 'live', {}, 3, after);
      seen.push(...ids(page.data));
      after = page.nextCursor;
      pages++;
      // One more comes while somebody turns the pages: it is newer than what is still to be seen.
      if (pages === 1) {
        await queue(12, {}, 60);
        await project(12);
      }
    } while (after !== null);
    expect(seen).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(pages).toBe(4);
  });

  it('narrows the list by every filter, and by all at once', async () => {
    const { dispatched, started } = messageEvents(1);
    const batchId = 'bat_00000000000000000000000001';
    await append(1, [queued(1, { clientReference: 'a' }), started(), dispatched()]);
    await queue(2, { clientReference: 'a' });
    await queue(3, { batchId });
    await queue(4, { mode: 'test', batchId });
    await queue(5, { customerId: them, batchId });
    await project(1, 2, 3, 4, 5);
    const list = async (filter: Parameters<ProjectedMessageReads['list']>[2]) =>
      ids((await reads.list(us, 'live', filter, 20, null)).data);
    expect(await list({})).toEqual([3, 2, 1]);
    expect(await list({ status: 'dispatched' })).toEqual([1]);
    expect(await list({ clientReference: 'a' })).toEqual([2, 1]);
    expect(await list({ batchId })).toEqual([3]);
    expect(await list({ batchId: 'bat_00000000000000000000000002' })).toEqual([]);
    expect(await list({ to: '+254712000001' })).toEqual([1]);
    expect(await list({ to: '+254712999999' })).toEqual([]);
    expect(await list({ channel: 'sms', direction: 'outbound' })).toEqual([3, 2, 1]);
    expect(await list({ direction: 'inbound' })).toEqual([]);
    const range = { createdFrom: '2026-11-22T08:02:00.000Z', createdTo: '2026-11-22T08:03:00.000Z' };
    expect(await list(range)).toEqual([2]);
    expect(await list({ ...range, clientReference: 'a', status: 'queued' })).toEqual([2]);
    expect(await list({ ...range, clientReference: 'a', status: 'failed' })).toEqual([]);
  });

  it('refuses a cursor of another customer, another mode or nobody', async () => {
    for (const n of [1, 2]) await queue(n, { customerId: them });
    await project(1, 2);
    const { nextCursor } = await reads.list(them, 'live', {}, 1, null);
    expect(nextCursor).not.toBeNull();
    const refused = { code: 'invalid_cursor' };
    await expect(reads.list(us, 'live', {}, 1, nextCursor)).rejects.toMatchObject(refused);
    await expect(reads.list(them, 'test', {}, 1, nextCursor)).rejects.toMatchObject(refused);
    await expect(reads.list(us, 'live', {}, 1, 'nonsense')).rejects.toMatchObject(refused);
    expect(ids((await reads.list(them, 'live', {}, 1, nextCursor)).data)).toEqual([1]);
  });

  it('shows what was erased as erased', async () => {
    await queue(13);
    await project(13);
    expect(await reads.find(us, 'live', testId('msg', 13))).toMatchObject({ to: '[erased]', body: '[erased]' });
    expect((await reads.list(us, 'live', {}, 1, null)).data).toMatchObject([{ to: '[erased]' }]);
  });

  it('shows what came in the other way round, from row and stream alike, and lists it by direction and number', async () => {
    await append(1, [received(1)]);
    const fromStream = await reads.find(us, 'live', testId('msg', 1));
    await append(2, [received(2, { to: '+254711082300' })]);
    // One that went out from what is now a number of theirs, and one to the person who wrote.
    await append(3, [queued(3, { sender: '22384', subjectId: testId('sub', 1) })]);
    await project(1, 2, 3);
    expect(await reads.find(us, 'live', testId('msg', 1))).toEqual(fromStream);
    expect(fromStream).toMatchObject({
      direction: 'inbound',
      from: 'from 1',
      to: '22384',
      body: 'text 1',
      status: 'received',
      final: true,
      cost_kes: 0,
      provider: 'tier_1',
      valid_until: null,
      delivered_at: '2026-11-22T05:59:59.900Z',
    });
    const list = async (filter: MessageFilter) => ids((await reads.list(us, 'live', filter, 10, null)).data);
    expect(await list({ direction: 'inbound' })).toEqual([2, 1]);
    expect(await list({ direction: 'inbound', to: '22384' })).toEqual([1]);
    expect(await list({ direction: 'outbound' })).toEqual([3]);
    expect(await list({ status: 'received' })).toEqual([2, 1]);
    expect(await list({ to: '+254712000001' })).toEqual([3]);
    const timeline = await reads.timeline(us, 'live', testId('msg', 1));
    expect(timeline).toMatchObject([{ type: 'message.received', sequence: 1, provider: 'tier_1', cost_kes: 0 }]);
    await expect(reads.find(them, 'live', testId('msg', 1))).rejects.toThrow(NO_SUCH_MESSAGE);
    await expect(reads.find(us, 'test', testId('msg', 1))).rejects.toThrow(NO_SUCH_MESSAGE);
  });
});
