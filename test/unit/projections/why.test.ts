import type { MessageEvent } from '../../../src/domain/message/events';
import { ticketOf } from '../../../src/domain/routing/circuit';
import { whyOf } from '../../../src/projections/messages/why';
import { messageEvents, queued, scheduled } from '../../support/message-events';
import { TestLog } from '../../support/projection-spec';

const { stream, started, dispatched, delivered, unknown, refused, rerouted, failed, expired, abandoned } =
  messageEvents(1);

function why(...events: MessageEvent[]) {
  const log = new TestLog();
  for (const event of events) log.append(stream, event);
  const found = whyOf(log.all);
  if (found === null) throw new Error('there is no such message');
  return found;
}

const noted = queued(1, {
  routing: { tier_1: { health: 'healthy' }, tier_2: { health: 'returning', share: 25 } },
  risk: { score: 40, reasons: ['recipient_velocity'], perMinute: 20, perMinuteLimit: 30 },
});
const failover = [
  noted,
  started(),
  refused({
    failureCode: 'provider_unavailable',
    code: 'http_503',
    class: 'R',
    reason: 'no connection',
    tierRefused: false,
  }),
  rerouted({ reason: 'retries_exhausted' }),
  started(2, 'tier_2'),
  dispatched(2, 'tier_2', '10000'),
];

describe('why a message went the way it went', () => {
  it('tells outcome, tiers, price and attempts of one that failed over', () => {
    expect(why(...failover)).toEqual({
      message_id: noted.data.messageId,
      status: 'dispatched',
      final: false,
      outcome: {
        code: 'dispatched',
        text: 'tier_2 accepted it; the report is awaited. It was not the tier picked at accept (tier_1: no connection).',
      },
      considered_at: '2026-11-22T06:00:01.000Z',
      tiers: [
        { provider: 'tier_1', health: 'healthy', share_percent: null, cost_kes: 0.8, verdict: 'picked' },
        {
          provider: 'tier_2',
          health: 'returning',
          share_percent: 25,
          cost_kes: 1,
          verdict: ticketOf(noted.data.messageId) < 25 ? 'behind' : 'not_its_share',
        },
      ],
      price: {
        price_list_id: 'prl_1',
        price_list_version: 1,
        provider: 'tier_2',
        network: null,
        per_segment_kes: 1,
        segments: 1,
        cost_kes: 1,
        charge: 'charged',
      },
      attempts: [
        {
          attempt: 1,
          provider: 'tier_1',
          started_at: '2026-11-22T06:00:01.000Z',
          outcome: 'refused',
          ended_at: '2026-11-22T06:00:03.000Z',
          code: 'provider_unavailable',
          reason: 'no connection',
          rerouted_because: null,
        },
        {
          attempt: 2,
          provider: 'tier_2',
          started_at: '2026-11-22T06:00:01.000Z',
          outcome: 'accepted',
          ended_at: '2026-11-22T06:00:06.000Z',
          code: null,
          reason: null,
          rerouted_because: 'retries_exhausted',
        },
      ],
    });
  });

  it('shows a customer no score, no signal, no account and no cost of ours', () => {
    expect(JSON.stringify(why(...failover))).not.toMatch(/velocity|sim-tier|providerCost|http_503|"score"|[Ll]imit/);
  });

  it.each<[string, MessageEvent[], { code: string; text: string }]>([
    ['queued', [noted], { code: 'queued', text: 'It was accepted; no provider has it yet.' }],
    ['scheduled', [scheduled(1)], { code: 'scheduled', text: 'It waits for its time, 2026-11-22T08:00:00.000Z.' }],
    ['under way', [noted, started()], { code: 'queued', text: 'It is being handed to tier_1.' }],
    ['delivered', [noted, started(), dispatched(), delivered()], { code: 'delivered', text: 'tier_1 delivered it.' }],
    [
      'without an answer',
      [noted, started(), unknown()],
      { code: 'unknown', text: 'tier_1 may have it: the call ended without an answer that says.' },
    ],
    [
      'without a report',
      [noted, started(), dispatched(), unknown({ reason: 'no_report', final: true, charge: 'charged' })],
      { code: 'unknown', text: 'tier_1 accepted it, and no report came in time.' },
    ],
    [
      'failed',
      [noted, started(), dispatched(), failed()],
      { code: 'unknown_subscriber', text: 'The number is not in use.' },
    ],
    ['expired', [noted, expired()], { code: 'expired', text: 'Its validity ended before any provider accepted it.' }],
  ])('says what became of one %s', (_, events, outcome) => expect(why(...events).outcome).toEqual(outcome));

  it('tells a refusal by a report from one by an answer', () => {
    expect(why(noted, started(), dispatched(), failed()).attempts).toMatchObject([
      { outcome: 'undelivered', code: 'unknown_subscriber' },
    ]);
    expect(why(noted, started(), refused({ class: 'P' }), failed({ charge: 'released' })).attempts).toMatchObject([
      { outcome: 'refused', code: 'unknown_subscriber' },
    ]);
    expect(why(noted, started(), unknown()).attempts).toMatchObject([{ outcome: 'unknown', code: 'no_answer' }]);
  });

  it.each([
    ['R', null, 'provider_unavailable'],
    ['F', null, 'rejected'],
    ['F!', 'account', 'provider_account'],
    ['F!', 'sender', 'sender_not_accepted'],
    ['F!', 'destination', 'refused_by_provider'],
  ] as const)('puts an older refusal of class %s, scope %s, in words of ours', (failureClass, scope, code) => {
    const events = [noted, started(), refused({ failureCode: null, class: failureClass, scope })];
    expect(why(...events).attempts[0]?.code).toBe(code);
  });

  it('says what was not noted, and guesses nothing', () => {
    expect(why(queued(1)).tiers).toEqual([
      { provider: 'tier_1', health: null, share_percent: null, cost_kes: 0.8, verdict: 'picked' },
      { provider: 'tier_2', health: null, share_percent: null, cost_kes: 1, verdict: null },
    ]);
  });

  it.each([
    ['away', { health: 'away' }, 'away'],
    ['shut', { health: 'shut' }, 'shut'],
    ['waiting for its trial', { health: 'trial_out' }, 'trial_out'],
    ['without an account', { health: 'absent' }, 'no_account'],
  ] as const)('names why a tier that was %s lost', (_, tier_1, verdict) => {
    const quote = { tier: 'tier_2', amount: '10000' } as const;
    const { tiers } = why(queued(1, { quote, routing: { tier_1, tier_2: { health: 'healthy' } } }));
    expect(tiers.map((one) => one.verdict)).toEqual([verdict, 'picked']);
  });

  it('names a tier that was dearer than the customer allows', () => {
    const routing = { tier_1: { health: 'healthy' }, tier_2: { health: 'healthy' } } as const;
    expect(why(queued(1, { routing, maxCost: '9000' })).tiers[1]?.verdict).toBe('over_max_cost');
  });

  it('counts the price by the segment', () => {
    const order = queued(1, { segments: 3, prices: { tier_1: '24000' }, candidates: ['tier_1'], network: '63902' });
    expect(why(order).price).toMatchObject({ per_segment_kes: 0.8, segments: 3, network: '63902' });
  });

  it('begins with the accept of a keyed retry behind an abandoned one', () => {
    expect(why(abandoned(9), queued(1)).considered_at).toBe('2026-11-22T06:00:02.000Z');
  });
});
