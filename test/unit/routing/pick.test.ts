import {
  afterAttempt,
  atTime,
  closedCircuit,
  shutByScore,
  takeTrial,
  type Circuit,
} from '../../../src/domain/routing/circuit';
import { inOrder, standingOf, type TierStanding } from '../../../src/domain/routing/pick';

const away = shutByScore(closedCircuit, 'answer', 0, 15_000);
const trial = atTime(away, 15_000);
const answered = (circuit: Circuit): Circuit =>
  afterAttempt(circuit, { sign: 'alive', customerId: 'cus_1', code: '', nowMs: 15_001 });
const returning = Array.from({ length: 20 }).reduce<Circuit>(answered, trial);

describe('what routing notes of a tier', () => {
  it.each<[string, Circuit, TierStanding]>([
    ['closed', closedCircuit, { health: 'healthy' }],
    ['open', away, { health: 'away' }],
    ['half-open', trial, { health: 'trial' }],
    ['half-open with its trial out', takeTrial(trial, 60_000), { health: 'trial_out' }],
    ['on its way back', returning, { health: 'returning', share: 5 }],
  ])('of a circuit that is %s', (_, circuit, standing) => {
    expect(standingOf([circuit], 15_001)).toEqual(standing);
    expect(standingOf([closedCircuit, circuit], 15_001)).toEqual(standing);
  });

  it('is the worst of the circuits that a message has to pass', () => {
    expect(standingOf([returning, { ...returning, sharePercent: 50 }], 0)).toEqual({ health: 'returning', share: 5 });
    expect(standingOf([trial, returning], 15_001)).toEqual({ health: 'returning', share: 5 });
    expect(standingOf([returning, away], 0)).toEqual({ health: 'away' });
  });
});

describe('the order in which tiers are tried', () => {
  const healthy: TierStanding = { health: 'healthy' };
  it.each<[string, TierStanding, number, string[]]>([
    ['a healthy one first', healthy, 99, ['tier_1', 'tier_2', 'tier_3']],
    ['one that wants its trial first', { health: 'trial' }, 99, ['tier_1', 'tier_2', 'tier_3']],
    ['one whose trial is out last', { health: 'trial_out' }, 0, ['tier_2', 'tier_3', 'tier_1']],
    ['one that is away last', { health: 'away' }, 0, ['tier_2', 'tier_3', 'tier_1']],
    ['one that is shut for this message last', { health: 'shut' }, 0, ['tier_2', 'tier_3', 'tier_1']],
    ['a returning one first, for its share', { health: 'returning', share: 5 }, 4, ['tier_1', 'tier_2', 'tier_3']],
    [
      'a returning one behind the healthy, for the rest',
      { health: 'returning', share: 5 },
      5,
      ['tier_2', 'tier_3', 'tier_1'],
    ],
  ])('puts %s', (_, tier_1, ticket, order) => {
    expect(inOrder(['tier_1', 'tier_2', 'tier_3'], { tier_1, tier_2: healthy, tier_3: healthy }, ticket)).toEqual(
      order,
    );
  });

  it('puts a returning one before those that are away, and one without an account behind all', () => {
    const standings = { tier_2: { health: 'returning', share: 0 }, tier_3: { health: 'away' } } as const;
    expect(inOrder(['tier_1', 'tier_3', 'tier_2'], standings, 50)).toEqual(['tier_2', 'tier_3', 'tier_1']);
  });

  it('keeps the order of the customer where all are alike', () => {
    expect(inOrder(['tier_3', 'tier_1'], { tier_1: { health: 'away' }, tier_3: { health: 'shut' } }, 0)).toEqual([
      'tier_3',
      'tier_1',
    ]);
  });
});
