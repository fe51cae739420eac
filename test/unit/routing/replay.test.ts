import type { SmsGateway } from '../../../src/application/ports/sms-gateway';
import type { ReplayReport } from '../../../src/application/routing/replay/report';
import { Replay } from '../../../src/application/routing/replay/replay';
import { AS_RECORDED, type ReplaySettings } from '../../../src/application/routing/replay/settings';
import type { MessageQueued } from '../../../src/domain/message/events';
import type { ProviderEvent } from '../../../src/domain/routing/events';
import { decideMove, DEFAULT_THRESHOLDS, type MoveInputs, type Standing } from '../../../src/domain/routing/move';
import type { TierStandings } from '../../../src/domain/routing/pick';
import type { Tier } from '../../../src/domain/routing/tiers';
import { fromKesText, toKesText } from '../../../src/domain/shared/money';
import { streams } from '../../../src/domain/shared/streams';
import { messageEvents, queued } from '../../support/message-events';
import { TestLog } from '../../support/projection-spec';

const gateways = {
  // Only name and tier are looked at.
  forTier: (_mode: string, tier: Tier): SmsGateway | null =>
    tier === 'tier_3' ? null : (ACCOUNTS[tier] as SmsGateway),
};
const ACCOUNTS = {
  tier_1: { name: 'sim-tier_1', tier: 'tier_1' },
  tier_2: { name: 'sim-tier_2', tier: 'tier_2' },
} as const;

const counts = (attempts: number, accepted: number) => ({ attempts, accepted, timeouts: 0, slow: 0 });
const standing = (tier: 'tier_1' | 'tier_2', accepted: number): Standing => ({
  provider: `sim-${tier}`,
  tier,
  status: 'healthy',
  movedSecondsAgo: null,
  network: null,
  leftOut: [],
  inputs: {
    window: {
      fromMinute: 0,
      toMinute: 14,
      calls: { largest: counts(100, accepted), others: counts(0, 0) },
      reports: { largest: { due: 0, delivered: 0, late: 0 }, others: { due: 0, delivered: 0, late: 0 } },
    },
    baseline: { due: 0, delivered: 0 },
    reportsSilentEverywhere: false,
  },
});

function degraded(): ProviderEvent {
  const inputs: MoveInputs = {
    subject: standing('tier_1', 70),
    alternatives: [standing('tier_2', 100)],
    thresholds: DEFAULT_THRESHOLDS,
  };
  const move = { inputs, outcome: decideMove(inputs) };
  const data = { provider: 'sim-tier_1', tier: 'tier_1', network: null, cause: 'score' as const };
  return { type: 'ProviderDegraded', data: { ...data, until: '2026-11-22T06:02:00.000Z', circuit: null, move } };
}
const recovered = (sharePercent: number): ProviderEvent => ({
  type: 'ProviderRecovered',
  data: { provider: 'sim-tier_1', tier: 'tier_1', network: null, cause: 'score', sharePercent },
});

/** Events a second apart, as TestLog stamps them; the window is all of them. */
class Window {
  readonly log = new TestLog();
  private n = 0;

  provider(event: ProviderEvent): void {
    this.log.append(streams.provider('sim-tier_1'), event);
  }

  /** Accepted, sent to the tier that was picked, and delivered unless told otherwise. */
  message(tier: 'tier_1' | 'tier_2', routing: TierStandings | null, delivered = true, by = 'answer'): string {
    const one = messageEvents(++this.n);
    const amount = tier === 'tier_1' ? '8000' : '10000';
    const order: Partial<MessageQueued['data']> = { routing, quote: { tier, amount } };
    this.log.append(one.stream, queued(this.n, order));
    this.log.append(one.stream, one.started(1, tier));
    this.log.append(one.stream, one.dispatched(1, tier, amount));
    if (by === 'answer') this.log.append(one.stream, delivered ? one.delivered(1, tier) : one.failed({ tier }));
    return one.messageId;
  }

  replay(settings: Partial<ReplaySettings> = {}): ReplayReport {
    const window = { from: '2026-11-22T06:00:00.000Z', to: '2026-11-22T08:00:00.000Z' };
    const run = new Replay(window, { ...AS_RECORDED, ...settings }, gateways, DEFAULT_THRESHOLDS);
    for (const event of this.log.all) run.note(event);
    return run.report();
  }
}

const healthy = { health: 'healthy' } as const;
const away: TierStandings = { tier_1: { health: 'away' }, tier_2: healthy };
const both: TierStandings = { tier_1: healthy, tier_2: healthy };

/** Healthy, degraded by score, on trial, returning, healthy again. */
function degradeAndRecovery(): Window {
  const window = new Window();
  window.message('tier_1', both);
  window.provider(degraded());
  window.message('tier_2', away);
  window.message('tier_2', away, false);
  window.message('tier_1', { tier_1: { health: 'trial' }, tier_2: healthy });
  window.message('tier_2', { tier_1: { health: 'trial_out' }, tier_2: healthy });
  window.provider(recovered(5));
  window.message('tier_2', { tier_1: { health: 'returning', share: 0 }, tier_2: healthy });
  window.provider(recovered(100));
  window.message('tier_1', both);
  return window;
}

const kes = ({ recorded, replayed }: ReplayReport): string[] => [toKesText(recorded.cost), toKesText(replayed.cost)];
const fates = ({ moves }: ReplayReport): string[] => moves.map(({ fate }) => fate);

describe('a recorded window run again', () => {
  it('as it was comes out as it was, over a degrade and a recovery', () => {
    const report = degradeAndRecovery().replay();
    expect(report).toMatchObject({ messages: 7, changes: [], cannotTell: { notNoted: 0, byTrial: 2, open: 0 } });
    expect(kes(report)).toEqual(['6.4', '6.4']);
    expect(report.recorded.delivered).toBe(report.replayed.delivered);
    expect(fates(report)).toEqual(['kept']);
  });

  it('gives the same report each time', () => {
    const settings = { thresholds: { degradeUnder: 50 } };
    expect(degradeAndRecovery().replay(settings)).toEqual(degradeAndRecovery().replay(settings));
  });

  it('says where the log does not follow from what it holds', () => {
    const window = new Window();
    const id = window.message('tier_2', both);
    expect(window.replay().changes).toMatchObject([{ messageId: id, from: 'tier_2', to: 'tier_1' }]);
  });

  it('under a lower threshold does not make the move, and stays at the cheaper tier', () => {
    const report = degradeAndRecovery().replay({ thresholds: { degradeUnder: 50 } });
    expect(fates(report)).toEqual(['not_made']);
    expect(report.changes.map(({ from, to }) => `${from} ${to ?? ''}`)).toEqual(Array(4).fill('tier_2 tier_1'));
    expect(kes(report)).toEqual(['6.4', '5.6']);
    // Three were delivered at tier_1, of three: so the four are taken to have been.
    expect(report.rates).toContainEqual({ mode: 'live', tier: 'tier_1', accepted: 3, delivered: 3 });
    expect(report.estimates).toMatchObject({ messages: 4, unknown: 0 });
    expect(report.changes.every(({ replayed }) => replayed.isEstimate && replayed.delivered === 1)).toBe(true);
  });

  it('under a higher threshold makes the move that the log does not hold, and comes back after the cool-down', () => {
    const window = new Window();
    for (let n = 0; n < 30; n++) window.message('tier_1', both);
    // Answers here come late, which costs a little at once: two refusals more bring the score under 88.
    for (let n = 100; n < 110; n++) {
      const one = messageEvents(n);
      window.log.append(one.stream, queued(n, { routing: both }));
      window.log.append(one.stream, one.started());
      window.log.append(one.stream, one.refused());
      window.log.append(one.stream, one.rerouted());
      window.log.append(one.stream, one.started(2, 'tier_2'));
      window.log.append(one.stream, one.dispatched(2, 'tier_2', '10000'));
      window.log.append(one.stream, one.delivered(2, 'tier_2'));
    }
    expect(fates(window.replay({ thresholds: { degradeUnder: 20 } }))).toEqual([]);
    const report = window.replay({ thresholds: { degradeUnder: 88 } });
    expect(fates(report)).toContain('added');
    expect(report.changes.length).toBeGreaterThan(0);
    // Those that tier_2 took in the end had a call there: nothing is estimated of them.
    expect(report.changes.filter(({ replayed }) => replayed.isEstimate)).toEqual([]);
    expect(report.changes.every(({ to, replayed }) => to === 'tier_2' && replayed.delivered === 1)).toBe(true);
    expect(kes(report)[0]).toBe(kes(report)[1]);
  });

  it('in another order prefers the other tier, as far as its provider stands', () => {
    const window = new Window();
    const id = window.message('tier_1', both);
    window.message('tier_1', { tier_1: healthy, tier_2: { health: 'away' } });
    const report = window.replay({ order: ['tier_2', 'tier_1', 'tier_3'] });
    expect(report.changes.map(({ messageId }) => messageId)).toEqual([id]);
    // tier_2 had no traffic in the window: what it would have delivered nothing says.
    expect(report.changes[0]?.replayed).toEqual({ cost: fromKesText('1'), delivered: null, isEstimate: true });
    expect(report.estimates).toMatchObject({ messages: 1, unknown: 1 });
  });

  it('at another price costs another amount, and no choice changes', () => {
    const report = degradeAndRecovery().replay({ prices: { tier_2: fromKesText('0.9') } });
    expect([report.changes.length, ...kes(report)]).toEqual([0, '6.4', '6']);
  });

  it('at a price over what the customer allows goes where it can, or nowhere', () => {
    const window = new Window();
    const one = messageEvents(1);
    window.log.append(one.stream, queued(1, { routing: both, maxCost: '9000' }));
    const report = window.replay({ prices: { tier_1: fromKesText('0.95') } });
    expect(report.changes).toMatchObject([{ from: 'tier_1', to: null, replayed: { cost: 0n, delivered: 0 } }]);
    const cheaper = window.replay({ prices: { tier_1: fromKesText('0.95'), tier_2: fromKesText('0.5') } });
    expect(cheaper.changes).toMatchObject([{ from: 'tier_1', to: 'tier_2' }]);
  });

  it('keeps what concerned one message alone, whatever the thresholds', () => {
    const window = new Window();
    window.provider(degraded());
    window.message('tier_2', { tier_1: { health: 'shut' }, tier_2: healthy });
    expect(window.replay({ thresholds: { degradeUnder: 50 } }).changes).toEqual([]);
  });

  it('tells from the providers’ streams how tiers stood where nobody noted it, and says so', () => {
    const window = new Window();
    window.provider(degraded());
    window.message('tier_2', null);
    expect(window.replay()).toMatchObject({ changes: [], cannotTell: { notNoted: 1 } });
  });

  it('leaves out what was accepted before or after the window', () => {
    const window = degradeAndRecovery();
    const run = new Replay(
      { from: '2026-11-22T06:00:02.000Z', to: '2026-11-22T06:00:08.000Z' },
      AS_RECORDED,
      gateways,
      DEFAULT_THRESHOLDS,
    );
    for (const event of window.log.all) run.note(event);
    expect(run.report().messages).toBe(1);
  });
});
