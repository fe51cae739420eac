import type { MessageEvent } from '../../../src/domain/message/events';
import { timelineOf } from '../../../src/projections/messages/timeline';
import { messageEvents, queued } from '../../support/message-events';
import { TestLog } from '../../support/projection-spec';

const { stream, started, dispatched, delivered, unknown, refused, rerouted, failed, expired, abandoned } =
  messageEvents(1);

function timeline(...events: MessageEvent[]) {
  const log = new TestLog();
  for (const event of events) log.append(stream, event);
  return timelineOf(log.all);
}

describe('timeline', () => {
  it('tells each step in order, numbered without a gap, abandoned attempts left out', () => {
    const entries = timeline(abandoned(9), queued(1), started(), dispatched(), delivered());
    expect(entries.map(({ type, sequence, at }) => [type, sequence, at])).toEqual([
      ['message.queued', 1, '2026-11-22T06:00:02.000Z'],
      ['message.dispatch_started', 2, '2026-11-22T06:00:03.000Z'],
      ['message.dispatched', 3, '2026-11-22T06:00:04.000Z'],
      ['message.delivered', 4, '2026-11-22T06:00:05.000Z'],
    ]);
    expect(entries[2]).toMatchObject({ attempt: 1, provider: 'tier_1', cost_kes: 0.8, evidence: 'answer' });
  });

  it('says why it went elsewhere', () => {
    expect(timeline(queued(1), started(), refused(), rerouted()).slice(2)).toMatchObject([
      { type: 'message.dispatch_failed', class: 'F', code: '403', reason: 'not carried', refused: true },
      { type: 'message.rerouted', from_provider: 'tier_1', provider: 'tier_2', reason: 'refused', cost_kes: 1 },
    ]);
    expect(JSON.stringify(timeline(queued(1), rerouted()))).not.toContain('may_arrive_twice');
  });

  it('says under prefer_delivery that it may arrive twice', () => {
    const entries = timeline(
      queued(1, { onUnknown: 'prefer_delivery' }),
      unknown({ resendAt: '2026-11-22T06:00:40.000Z' }),
      rerouted({ reason: 'unknown_outcome' }),
    );
    expect(entries.slice(1)).toMatchObject([
      { type: 'message.unknown', final: false, resend_at: '2026-11-22T06:00:40.000Z', may_arrive_twice: true },
      { type: 'message.rerouted', may_arrive_twice: true },
    ]);
  });

  it('ends with what it ended with', () => {
    expect(timeline(queued(1), failed())[1]).toMatchObject({
      type: 'message.failed',
      code: 'unknown_subscriber',
      permanent: true,
      charge: 'charged',
    });
    expect(timeline(queued(1), expired())[1]).toMatchObject({ type: 'message.expired', charge: 'released' });
  });

  it('names neither accounts nor what is sealed', () => {
    const text = JSON.stringify(
      timeline(queued(1), started(), dispatched(), unknown(), refused(), rerouted(), delivered()),
    );
    for (const secret of ['sim-', 'ATX', 'KES 0.4000', 'body 1', 'to 1', 'sub_']) expect(text).not.toContain(secret);
  });
});
