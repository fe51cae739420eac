import type { SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import type { MessageExpired } from '../../../src/domain/message/events';
import { DomainError } from '../../../src/domain/shared/domain-error';
import { streams } from '../../../src/domain/shared/streams';
import { testMetadata } from '../../support/event-builders';
import { at, order, scheduled, T0 } from '../message/message-fixture';
import { customer } from '../message/send/fakes';
import { ids, Process, World } from './saga-rig';

const refusal = (
  failureClass: 'R' | 'F' | 'F!' | 'P',
  data: Partial<Extract<SubmissionOutcome, { kind: 'refused' }>> = {},
): SubmissionOutcome => ({
  kind: 'refused',
  class: failureClass,
  scope: null,
  code: '407',
  reason: 'no route',
  failureCode: 'no_route',
  byProvider: true,
  retryAfterSeconds: null,
  ...data,
});
const refusedConnection = refusal('R', { code: 'connection_refused', byProvider: false });
const silence: SubmissionOutcome = { kind: 'unknown', code: 'no_answer_in_time' };
const { messageId } = order().data;

describe('dispatching', () => {
  let world: World;
  let one: Process;
  beforeEach(() => {
    world = new World();
    one = new Process(world);
  });
  const pass = (seconds: number): void => {
    world.nowMs += seconds * 1000;
  };
  const due = () => [...world.timers.values()].map(({ purpose, attempt, dueAt }) => [purpose, attempt, seconds(dueAt)]);
  const seconds = (iso: string): number => (Date.parse(iso) - T0) / 1000;

  it('costs two appends and no read when all goes well, and one debit', async () => {
    const queued = await world.queue(order());
    const before = world.store.appends.length;
    await one.dispatcher.onEvent(queued);
    expect(world.store.appends.length - before).toBe(2);
    expect(world.types(messageId)).toEqual(['MessageQueued', 'DispatchStarted', 'MessageDispatched']);
    await one.settlement.onEvent(world.last(messageId));
    expect(world.store.reads).toEqual([]);
    expect(world.money).toEqual(['debit 8000']);
    expect(due()).toEqual([['report_deadline', 1, 87_000]]);
    expect(world.calls).toEqual([{ tier: 'tier_1', to: 'to 1', body: 'body 1' }]);
  });

  it('takes the next event as it comes, where another process wrote it, and reads where more is missing', async () => {
    const two = new Process(world);
    await one.dispatcher.onEvent(await world.queue(order()));
    const stream = streams.message(messageId);
    const [, started, dispatched] = world.store.events(stream);
    if (started === undefined || dispatched === undefined) throw new Error('not dispatched');
    await two.settlement.onEvent(dispatched);
    expect(world.store.reads).toHaveLength(1);
    const expired: MessageExpired = { type: 'MessageExpired', data: { messageId, charge: 'released' } };
    await world.store.append(stream, 2n, [{ id: ids.uuid(), event: expired, metadata: testMetadata() }]);
    await one.settlement.onEvent(world.last(messageId));
    await two.settlement.onEvent(world.last(messageId));
    expect(world.store.reads).toHaveLength(1);
    await one.dispatcher.wake(messageId, null);
    expect(world.calls).toHaveLength(1);
  });

  it('makes one call when two consumers get the same event at once', async () => {
    const two = new Process(world);
    world.store.latencyMs = 5;
    const queued = await world.queue(order());
    await Promise.all([one.dispatcher.onEvent(queued), two.dispatcher.onEvent(queued)]);
    expect(world.calls).toHaveLength(1);
    expect(world.types(messageId)).toEqual(['MessageQueued', 'DispatchStarted', 'MessageDispatched']);
  });

  it('makes one call when the same consumer gets it again', async () => {
    const queued = await world.queue(order());
    await one.dispatcher.onEvent(queued);
    await one.dispatcher.onEvent(queued);
    await new Process(world).dispatcher.onEvent(queued);
    expect(world.calls).toHaveLength(1);
  });

  it('never calls again for a claim whose owner died, and calls it unknown', async () => {
    const queued = await world.queue(order());
    world.hold = new Promise(() => undefined);
    void one.dispatcher.onEvent(queued);
    while (world.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const two = new Process(world);
    await two.dispatcher.onEvent(queued);
    expect(due()).toEqual([['claim', 1, 15]]);
    pass(15);
    await two.dispatcher.wake(messageId, null);
    expect(world.last(messageId)).toMatchObject({
      type: 'MessageOutcomeUnknown',
      data: { reason: 'claim_without_outcome', final: false },
    });
    expect(world.calls).toHaveLength(1);
  });

  it('takes the first owner’s late answer all the same', async () => {
    const queued = await world.queue(order());
    let answer = (): void => undefined;
    world.hold = new Promise((resolve) => (answer = resolve));
    const first = one.dispatcher.onEvent(queued);
    while (world.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    pass(20);
    await new Process(world).dispatcher.onEvent(queued);
    expect(world.last(messageId).type).toBe('MessageOutcomeUnknown');
    answer();
    await first;
    expect(world.last(messageId).type).toBe('MessageDispatched');
  });

  it('does not open a call more than five seconds after its claim', async () => {
    const queued = await world.queue(order());
    world.store.beforeNextAppend = () => Promise.resolve(pass(5.001));
    await one.dispatcher.onEvent(queued);
    expect(world.calls).toEqual([]);
    expect(world.last(messageId)).toMatchObject({
      type: 'DispatchFailed',
      data: { code: 'claim_too_late', class: 'R' },
    });
  });

  it.each([
    ['calls once where the store was away for a moment as it claimed', 0, 'MessageDispatched', 1],
    ['makes no call where the store was away for long as it claimed', 6, 'DispatchFailed', 0],
  ])('%s', async (_name, awaySeconds, last, calls) => {
    const queued = await world.queue(order());
    world.store.fault = 'unknown_written';
    const done = one.dispatcher.onEvent(queued);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.types(messageId)).toEqual(['MessageQueued', 'DispatchStarted']);
    pass(awaySeconds);
    world.store.fault = 'fine';
    await done;
    expect(world.types(messageId)).toEqual(['MessageQueued', 'DispatchStarted', last]);
    expect(world.calls).toHaveLength(calls);
  });

  it('keeps what the provider said while the store is away', async () => {
    const queued = await world.queue(order());
    world.answers.set('tier_1', []);
    let answer = (): void => undefined;
    world.hold = new Promise((resolve) => (answer = resolve));
    const done = one.dispatcher.onEvent(queued);
    while (world.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    world.store.fault = 'none';
    answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.store.fault = 'fine';
    await done;
    expect(world.last(messageId).type).toBe('MessageDispatched');
  });

  it('goes to the next tier at once after a refusal, at its price', async () => {
    world.answers.set('tier_1', [refusal('F')]);
    await world.queue(order());
    await one.settle(messageId);
    expect(world.types(messageId)).toEqual([
      ...['MessageQueued', 'DispatchStarted', 'DispatchFailed', 'MessageRerouted', 'DispatchStarted'],
      'MessageDispatched',
    ]);
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2']);
    expect(world.money).toEqual(['reprice 10000', 'debit 10000']);
    expect(world.store.reads).toEqual([]);
  });

  it('keeps what nobody could read, and says none of it in the log', async () => {
    const raw = { status: 200, contentType: 'text/html', head: Buffer.from('<h1>to +254722000001</h1>') };
    world.answers.set('tier_1', [refusal('F', { code: 'unreadable_answer', byProvider: false, raw })]);
    world.answers.set('tier_2', [{ kind: 'unknown', code: 'http_500', raw: { ...raw, status: 500 } }]);
    await world.queue(order());
    await one.settle(messageId);
    const known = { messageId, to: 'to 1' };
    expect(world.unread).toEqual([
      { ...known, provider: 'at_tier_1', attempt: 1, code: 'unreadable_answer', raw },
      { ...known, provider: 'at_tier_2', attempt: 2, code: 'http_500', raw: { ...raw, status: 500 } },
    ]);
    const log = JSON.stringify(world.store.events(streams.message(messageId)).map(({ data }) => data));
    expect(log).toContain('unreadable_answer');
    expect(log).not.toMatch(/raw|h1|text.html/);
  });

  it('fails when every tier has refused, and gives the money back once', async () => {
    for (const tier of ['tier_1', 'tier_2', 'tier_3'] as const) world.answers.set(tier, [refusal('F')]);
    await world.queue(order());
    await one.settle(messageId);
    await one.settle(messageId);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data: { code: 'all_tiers_refused' } });
    expect(world.money).toEqual(['reprice 10000', 'reprice 12000', 'release failed']);
    expect(world.calls).toHaveLength(3);
  });

  it('tries the same tier twice more, then the next', async () => {
    world.answers.set('tier_1', [refusedConnection, refusedConnection, refusedConnection]);
    await world.queue(order());
    await one.settle(messageId);
    for (const wait of [2, 7]) {
      expect(due().at(-1)?.[0]).toBe('retry');
      pass(wait);
      await one.dispatcher.wake(messageId, null);
      await one.settle(messageId);
    }
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_1', 'tier_1', 'tier_2']);
    expect(world.last(messageId).type).toBe('MessageDispatched');
  });

  it('tries a half-open circuit with one that has been elsewhere, where nobody else takes it', async () => {
    const account = refusal('F!', { code: '405', scope: 'account' });
    for (const tier of ['tier_1', 'tier_2', 'tier_3'] as const) world.answers.set(tier, [account]);
    await world.queue(order());
    await one.settle(messageId);
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2', 'tier_3']);
    pass(20);
    await one.dispatcher.wake(messageId, 'tier_3');
    expect(world.calls.slice(3).map(({ tier }) => tier)).toEqual(['tier_3']);
    expect(world.types(messageId).at(-1)).toBe('MessageDispatched');
    one.circuits.stop();
  });

  it('leaves a half-open circuit to others where another tier takes what has been elsewhere', async () => {
    const account = refusal('F!', { code: '405', scope: 'account' });
    world.answers.set('tier_1', [account]);
    world.answers.set('tier_2', [refusedConnection]);
    await world.queue(order());
    await one.dispatcher.onEvent(world.last(messageId));
    await one.dispatcher.onEvent(world.last(messageId));
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2']);
    pass(20);
    await one.dispatcher.wake(messageId, 'tier_1');
    expect(world.calls.at(-1)?.tier).not.toBe('tier_1');
    one.circuits.stop();
  });

  it('lets retries leave at once when the circuit opens', async () => {
    world.answers.set('tier_1', [refusedConnection]);
    await world.queue(order());
    await one.settle(messageId);
    expect(due()).toMatchObject([['retry', 1, expect.any(Number)]]);
    const context = {
      customerId: 'cus_1',
      sender: 'WAHT',
      destination: '+254722000009',
      submittedAtMs: 0,
      tookMs: 5,
    };
    for (let i = 0; i < 20; i++)
      one.health.record('at_tier_1', refusedConnection, { ...context, customerId: `cus_${i}` });
    while (world.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2']);
    one.circuits.stop();
  });

  it('never sends an unknown one again, and releases it at the report deadline', async () => {
    world.answers.set('tier_1', [silence]);
    await world.queue(order());
    await one.settle(messageId);
    expect(due()).toEqual([['report_deadline', 1, 87_000]]);
    pass(87_000);
    await one.dispatcher.wake(messageId, null);
    await one.settle(messageId);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageOutcomeUnknown', data: { final: true } });
    expect(world.money).toEqual(['release unknown']);
    expect(world.calls).toHaveLength(1);
    expect(due()).toEqual([]);
  });

  it('sends an unknown one by another tier under prefer_delivery, charged when final', async () => {
    world.answers.set('tier_1', [silence]);
    await world.queue(order({ onUnknown: 'prefer_delivery' }));
    await one.settle(messageId);
    expect(due()).toContainEqual(['resend', 1, 40]);
    pass(40);
    await one.dispatcher.wake(messageId, null);
    await one.settle(messageId);
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2']);
    expect(world.money).toEqual(['reprice 10000']);
  });

  it('waits while every tier is shut, and expires with its validity', async () => {
    for (const tier of ['tier_1', 'tier_2', 'tier_3'] as const) {
      one.health.record(`at_${tier}`, refusal('F!', { scope: 'account' }), {
        customerId: 'cus_1',
        sender: 'WAHT',
        destination: '+254722000009',
        submittedAtMs: 0,
        tookMs: 5,
      });
    }
    await world.queue(order());
    await one.settle(messageId);
    expect(due()).toEqual([['wait', 0, 60]]);
    expect(world.calls).toEqual([]);
    pass(86_400);
    await one.dispatcher.wake(messageId, null);
    await one.settle(messageId);
    expect(world.types(messageId)).toEqual(['MessageQueued', 'MessageExpired']);
    expect(world.money).toEqual(['release expired']);
    one.circuits.stop();
  });

  it('lets no alarm make it overtake those before it in line, and rings again', async () => {
    await world.queue(order());
    const timer = { messageId, attempt: 0, purpose: 'wait', dueAt: at(0) } as const;
    const inLine = jest.spyOn(one.waitingRoom, 'isInLine').mockReturnValue(true);
    await one.dispatcher.onTimer(timer);
    expect([world.calls, due()]).toEqual([[], [['wait', 0, 10]]]);
    inLine.mockReturnValue(false);
    await one.dispatcher.onTimer(timer);
    expect(world.calls).toHaveLength(1);
  });

  it('waits for money, and fails for want of it at the end of validity', async () => {
    world.available = 100n;
    world.answers.set('tier_1', [refusal('F')]);
    await world.queue(order());
    await one.settle(messageId);
    expect(due()).toEqual([['wait', 1, 60]]);
    pass(86_400);
    await one.dispatcher.wake(messageId, null);
    await one.settle(messageId);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data: { code: 'insufficient_funds' } });
    expect(world.money).toEqual(['release failed']);
  });

  it('takes no tier beyond max_cost, and waits', async () => {
    world.answers.set('tier_1', [refusal('F')]);
    await world.queue(order({ maxCost: '9000' }));
    await one.settle(messageId);
    expect(world.calls).toHaveLength(1);
    expect(due()).toEqual([['wait', 1, 60]]);
  });

  it('gives the difference back when a cheaper tier takes it', async () => {
    world.answers.set('tier_3', [refusal('F')]);
    await world.queue(order({ candidates: ['tier_3', 'tier_1'], quote: { tier: 'tier_3', amount: '12000' } }));
    await one.settle(messageId);
    expect(world.money).toEqual(['reprice 8000', 'debit 8000']);
  });

  it('tells nobody of a refusal before the price that was lowered for it has landed', async () => {
    let land: () => void = () => undefined;
    const lowered = new Promise<boolean>((resolve) => {
      land = () => resolve(true);
    });
    world.wallets.reprice = () => lowered;
    world.answers.set('tier_1', [refusal('F')]);
    world.answers.set('tier_3', [refusal('F')]);
    const queued = await world.queue(
      order({ candidates: ['tier_3', 'tier_1'], quote: { tier: 'tier_3', amount: '12000' } }),
    );
    await one.dispatcher.onEvent(queued);
    const second = one.dispatcher.onEvent(world.last(messageId));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_3', 'tier_1']);
    expect(world.last(messageId).type).toBe('DispatchStarted');
    land();
    await second;
    expect(world.last(messageId).type).toBe('MessageFailed');
  });

  it('debits in full where a price lowered for an earlier attempt has landed late', async () => {
    const { debit } = world.wallets;
    world.wallets.debit = (wallet, context, of) =>
      world.money.includes('reprice 8000')
        ? debit(wallet, context, of)
        : Promise.reject(new DomainError('conflict', 'The debit is more than what is reserved.'));
    await world.queue(order());
    await one.settle(messageId);
    expect(world.money).toEqual(['reprice 8000', 'debit 8000']);
  });

  it('fails a message whose recipient has been erased, without a call', async () => {
    const erased = { kid: 'sub', iv: '', ct: '[erased]', tag: '' };
    await world.queue(order({ to: erased, body: erased }));
    await one.settle(messageId);
    expect(world.calls).toEqual([]);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data: { code: 'recipient_erased' } });
  });
});

describe('a scheduled message', () => {
  let world: World;
  let one: Process;
  beforeEach(() => {
    world = new World();
    one = new Process(world);
  });
  const timers = () =>
    [...world.timers.values()].map(({ purpose, dueAt }) => [purpose, (Date.parse(dueAt) - T0) / 1000]);
  const comes = async (seconds: number): Promise<void> => {
    world.nowMs = T0 + seconds * 1000;
    await one.dispatcher.onTimer({ messageId, attempt: 0, purpose: 'send_at', dueAt: '' });
    await one.settle(messageId);
  };

  it('waits for its time, and is then sent as any other, valid from then on', async () => {
    await world.queue(scheduled(3_600));
    await one.settle(messageId);
    expect(timers()).toEqual([['send_at', 3_600]]);
    await comes(3_599);
    expect(world.calls).toEqual([]);
    await comes(3_600);
    expect(world.types(messageId).slice(0, 3)).toEqual(['MessageScheduled', 'MessageQueued', 'DispatchStarted']);
    expect(world.store.events(streams.message(messageId))[1]?.data).toMatchObject({ validUntil: at(3_600 + 86_400) });
    expect(world.calls).toHaveLength(1);
    expect(world.money).toEqual(['debit 8000']);
  });
  it('is sent once, though its alarm rings twice and in two processes', async () => {
    await world.queue(scheduled(60));
    const two = new Process(world);
    world.nowMs = T0 + 60_000;
    const alarm = { messageId, attempt: 0, purpose: 'send_at', dueAt: '' } as const;
    await Promise.all([one, two, one].map((process) => process.dispatcher.onTimer(alarm)));
    await one.settle(messageId);
    await two.settle(messageId);
    expect(world.types(messageId).filter((type) => type === 'MessageQueued')).toHaveLength(1);
    expect(world.calls).toHaveLength(1);
  });
  it('moves with its alarm', async () => {
    await world.queue(scheduled(60));
    await one.settle(messageId);
    const stream = streams.message(messageId);
    const event = { type: 'MessageRescheduled', data: { messageId, sendAt: at(7_200), reason: 'requested' } } as const;
    await world.store.append(stream, 0n, [{ id: ids.uuid(), event, metadata: testMetadata() }]);
    await one.settle(messageId);
    expect(timers()).toEqual([['send_at', 7_200]]);
    await comes(60);
    expect(world.calls).toEqual([]);
    await comes(7_200);
    expect(world.calls).toHaveLength(1);
  });
  it('that is promotion waits on where its hours are over by then', async () => {
    const promotion = { class: 'promotional', sender: 'DUKA' } as const;
    await world.queue(scheduled(32_000, promotion));
    // The process slept until 18:00 in Nairobi.
    await comes(32_400);
    expect(world.last(messageId)).toMatchObject({
      type: 'MessageRescheduled',
      data: { sendAt: at(82_800), reason: 'hours' },
    });
    expect(timers()).toEqual([['send_at', 82_800]]);
    await comes(82_800);
    expect(world.calls).toHaveLength(1);
  });
  it('that is promotion fails where its recipient has opted out of the sender', async () => {
    const promotion = { class: 'promotional', sender: 'DUKA' } as const;
    await world.queue(scheduled(60, promotion));
    world.optedOutOf = 'DUKA';
    await comes(60);
    const data = { code: 'recipient_opted_out', charge: 'released' };
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data });
    expect(world.money).toEqual(['release failed']);
    expect(world.calls).toEqual([]);
  });
  it('that is not promotion goes though its recipient has opted out', async () => {
    await world.queue(scheduled(60));
    world.optedOutOf = order().data.sender;
    await comes(60);
    expect(world.calls).toHaveLength(1);
  });
  it('fails where its sender is registered for the other class by then', async () => {
    await world.queue(scheduled(60, { class: 'promotional' }));
    await comes(60);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data: { code: 'sender_id_not_registered' } });
  });
  it.each([
    ['customer_suspended', (w: World) => (w.customer = { ...customer(), suspended: true })],
    ['recipient_blocked', (w: World) => (w.block = 'recipient')],
    ['sender_id_not_registered', (w: World) => (w.customer = customer({ senders: new Map() }))],
  ])('fails as %s where that holds by then, and costs nothing', async (code, change) => {
    await world.queue(scheduled(60));
    change(world);
    await comes(60);
    expect(world.last(messageId)).toMatchObject({ type: 'MessageFailed', data: { code, charge: 'released' } });
    expect(world.calls).toEqual([]);
    expect(world.money).toEqual(['release failed']);
  });
});
