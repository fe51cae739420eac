import type { SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import type { Timer } from '../../../src/application/ports/timers';
import { order } from '../message/message-fixture';
import { Process, World } from './saga-rig';

const silence: SubmissionOutcome = { kind: 'unknown', code: 'no_answer_in_time' };
const accepted: SubmissionOutcome = { kind: 'accepted', providerMessageId: 'late-1', providerCost: null };
const refused: SubmissionOutcome = {
  kind: 'refused',
  class: 'F',
  scope: null,
  code: '407',
  reason: 'no route',
  failureCode: 'no_route',
  byProvider: true,
  retryAfterSeconds: null,
};
const { messageId } = order().data;

describe('a provider that can be asked what became of a call without an answer', () => {
  let world: World;
  let one: Process;
  const start = async (answers: (SubmissionOutcome | null)[], change: object = {}): Promise<void> => {
    world = new World();
    world.inquiries.set('tier_1', answers);
    world.answers.set('tier_1', [silence]);
    one = new Process(world);
    await world.queue(order(change));
    await one.settle(messageId);
  };
  const inquiry = (): Timer | undefined => [...world.timers.values()].find(({ purpose }) => purpose === 'inquiry');
  /** The alarm goes off; it is deleted after that unless it was moved, as the feed does. */
  const ask = async (): Promise<void> => {
    const timer = inquiry();
    if (timer === undefined) throw new Error('nobody asks');
    world.nowMs = Date.parse(timer.dueAt);
    await one.dispatcher.onTimer(timer);
    if (inquiry()?.dueAt === timer.dueAt) world.timers.delete(`${messageId}/${timer.attempt}/inquiry`);
    await one.settle(messageId);
  };

  it('has taken it: it is charged once, and sent no second time', async () => {
    await start([accepted]);
    expect(world.last(messageId).type).toBe('MessageOutcomeUnknown');
    await ask();
    expect(world.last(messageId)).toMatchObject({ type: 'MessageDispatched', data: { providerMessageId: 'late-1' } });
    expect(world.money).toEqual(['debit 8000']);
    expect(world.calls).toHaveLength(1);
    expect(inquiry()).toBeUndefined();
  });
  it('has refused it: the next tier has it then, although it is sent never twice', async () => {
    await start([refused]);
    await ask();
    expect(world.calls.map(({ tier }) => tier)).toEqual(['tier_1', 'tier_2']);
    expect(world.types(messageId).filter((type) => type === 'MessageDispatched')).toHaveLength(1);
  });
  it('answers with what nobody can read: that is kept, and it is asked again', async () => {
    const raw = { status: 200, contentType: 'text/html', head: Buffer.from('<h1>to +254722000001</h1>') };
    await start([{ kind: 'unknown', code: 'unreadable_answer', raw }, accepted]);
    await ask();
    const expected = { provider: 'at_tier_1', messageId, attempt: 1, to: 'to 1', code: 'unreadable_answer', raw };
    expect(world.unread).toEqual([expected]);
    expect(world.last(messageId).type).toBe('MessageOutcomeUnknown');
    await ask();
    expect(world.last(messageId).type).toBe('MessageDispatched');
  });
  it('does not know yet: it is asked again, ever more rarely', async () => {
    await start([null, silence, null, accepted]);
    const pauses: number[] = [];
    for (let asked = 0; asked < 3; asked += 1) {
      await ask();
      pauses.push(Date.parse(inquiry()?.dueAt ?? '') - world.nowMs);
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000]);
    await ask();
    expect(world.last(messageId).type).toBe('MessageDispatched');
  });
  it('is asked no more once a report has settled it, or its validity has ended', async () => {
    await start([accepted, accepted]);
    const timer = inquiry();
    if (timer === undefined) throw new Error('nobody asks');
    world.nowMs += 86_400_000;
    await one.dispatcher.onTimer(timer);
    expect(world.last(messageId).type).toBe('MessageOutcomeUnknown');
    expect(world.inquiries.get('tier_1')).toHaveLength(2);
  });
  it('is not asked where it cannot be', async () => {
    world = new World();
    world.answers.set('tier_1', [silence]);
    one = new Process(world);
    await world.queue(order());
    await one.settle(messageId);
    expect(inquiry()).toBeUndefined();
  });
});
