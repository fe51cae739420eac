import type { InboxReport, ReportReading } from '../../../src/application/ports/delivery-reports';
import { order, T0 } from '../message/message-fixture';
import { Process, World } from './saga-rig';

const { messageId } = order().data;
const reading = (data: Partial<ReportReading> = {}): ReportReading => ({
  providerMessageId: 'id-1',
  phone: '+254722000001',
  outcome: 'delivered',
  class: null,
  scope: null,
  code: 'Success',
  reason: '',
  failureCode: '',
  permanent: false,
  ...data,
});

describe('delivery reports', () => {
  let world: World;
  let says: ReportReading | null;
  let one: Process;
  let reports = 0;
  beforeEach(() => {
    world = new World();
    says = reading();
    one = new Process(world, { read: () => says });
  });
  const report = (data: Partial<InboxReport> = {}): InboxReport => ({
    id: `00000000-0000-4000-8000-${(++reports).toString().padStart(12, '0')}`,
    provider: 'at_tier_1',
    raw: Buffer.from('raw'),
    receivedAt: world.clock.iso(),
    comparisons: 0,
    ...data,
  });
  const sent = async (): Promise<void> => {
    await world.queue(order());
    await one.settle(messageId);
  };
  const unknown = async (): Promise<void> => {
    world.answers.set('tier_1', [{ kind: 'unknown', code: 'no_answer_in_time' }]);
    await sent();
    world.openAttempts = [{ messageId, attempt: 1, unknown: true }];
  };
  const late = { receivedAt: new Date(T0 - 6_000).toISOString(), comparisons: 2 };

  it('deliver, without a read, once', async () => {
    await sent();
    world.store.reads.length = 0;
    expect(await one.receipts.onReport(report())).toEqual({ kind: 'settled', outcome: 'matched' });
    expect(world.store.reads).toEqual([]);
    expect(await one.receipts.onReport(report())).toEqual({ kind: 'settled', outcome: 'duplicate' });
    await one.settle(messageId);
    expect(world.last(messageId)).toMatchObject({
      type: 'MessageDelivered',
      metadata: { actor: { kind: 'provider', id: 'at_tier_1' } },
    });
    expect(world.money).toEqual(['debit 8000']);
    expect(world.timers.size).toBe(0);
  });
  it.each([
    ['is of no part where this process sent the message as one', 1, 0],
    ['may be of a part where it has several', 2, 1],
  ])('%s', async (_, segments, asked) => {
    await world.queue(order({ segments }));
    await one.settle(messageId);
    expect(await one.receipts.onReport(report())).toEqual({ kind: 'settled', outcome: 'matched' });
    expect(world.askedForWhole).toBe(asked);
  });
  it('may be of a part where another process sent the message', async () => {
    await sent();
    const two = new Process(world, { read: () => says });
    world.indexed.set('at_tier_1 id-1', messageId);
    await two.receipts.onReport(report());
    expect(world.askedForWhole).toBe(1);
  });
  it('find their message through the index in another process', async () => {
    await sent();
    const two = new Process(world, { read: () => says });
    world.indexed.set('at_tier_1 id-1', messageId);
    expect(await two.receipts.onReport(report())).toEqual({ kind: 'settled', outcome: 'matched' });
  });
  it('that came before the answer wait for it', async () => {
    await world.queue(order());
    const early = report();
    expect(await one.receipts.onReport(early)).toEqual({ kind: 'later', pauseMs: 1_000 });
    await one.settle(messageId);
    expect(await one.receipts.onReport({ ...early, comparisons: 1 })).toEqual({ kind: 'settled', outcome: 'matched' });
  });
  it('settle an unknown outcome where exactly one attempt fits', async () => {
    await unknown();
    says = reading({ providerMessageId: 'never-seen' });
    expect(await one.receipts.onReport(report(late))).toEqual({ kind: 'settled', outcome: 'matched' });
    await one.settle(messageId);
    expect(world.types(messageId).slice(-2)).toEqual(['MessageDispatched', 'MessageDelivered']);
    expect(world.money).toEqual(['debit 8000']);
  });
  it('wait until the read model is sure to know all attempts', async () => {
    await unknown();
    says = reading({ providerMessageId: 'never-seen' });
    expect(await one.receipts.onReport(report())).toMatchObject({ kind: 'later' });
  });
  it('settle nothing where two attempts fit, or the one that fits is under way', async () => {
    await unknown();
    says = reading({ providerMessageId: 'never-seen' });
    world.openAttempts = [...world.openAttempts, { messageId: 'msg_other', attempt: 1, unknown: true }];
    expect(await one.receipts.onReport(report(late))).toMatchObject({ kind: 'later' });
    world.openAttempts = [{ messageId, attempt: 1, unknown: false }];
    expect(await one.receipts.onReport(report(late))).toMatchObject({ kind: 'later' });
  });
  it('settle nothing without a number', async () => {
    await unknown();
    says = reading({ providerMessageId: 'never-seen', phone: null });
    expect(await one.receipts.onReport(report(late))).toMatchObject({ kind: 'later' });
  });
  it('that fit nothing are given up after a day', async () => {
    says = reading({ providerMessageId: 'never-seen' });
    const old = report({ receivedAt: new Date(T0 - 86_400_000).toISOString(), comparisons: 50 });
    expect(await one.receipts.onReport(old)).toEqual({ kind: 'settled', outcome: 'stray' });
  });
  it('that nobody can read are kept and left alone', async () => {
    says = null;
    expect(await one.receipts.onReport(report())).toEqual({ kind: 'settled', outcome: 'unreadable' });
  });
  it('of a shut account open its circuit', async () => {
    await sent();
    const shut = { outcome: 'failed', class: 'F!', scope: 'account', failureCode: 'provider_account' } as const;
    says = reading({ ...shut, code: 'InsufficientCredit' });
    await one.receipts.onReport(report());
    const request = { sender: 'WAHT', destination: '+254722000001', failedOver: false, take: false };
    expect(one.health.permits('live', 'tier_1', request)).toBe(false);
    one.circuits.stop();
  });
});
