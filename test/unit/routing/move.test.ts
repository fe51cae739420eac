import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderDegraded } from '../../../src/domain/routing/events';
import { decideMove, DEFAULT_THRESHOLDS, type MoveInputs, type Standing } from '../../../src/domain/routing/move';
import type { ProviderWindow } from '../../../src/domain/routing/window';

const window = (accepted: number, attempts = 100): ProviderWindow => ({
  fromMinute: 1_000,
  toMinute: 1_014,
  calls: {
    largest: { attempts, accepted, timeouts: 0, slow: 0 },
    others: { attempts, accepted, timeouts: 0, slow: 0 },
  },
  reports: { largest: { due: 0, delivered: 0, late: 0 }, others: { due: 0, delivered: 0, late: 0 } },
});

const standing = (
  provider: string,
  tier: Standing['tier'],
  accepted: number,
  more: Partial<Standing> = {},
): Standing => ({
  provider,
  tier,
  status: 'healthy',
  movedSecondsAgo: null,
  network: null,
  leftOut: [],
  inputs: { window: window(accepted), baseline: { due: 0, delivered: 0 }, reportsSilentEverywhere: false },
  ...more,
});

const inputs = (subject: Standing, ...alternatives: Standing[]): MoveInputs => ({
  subject,
  alternatives,
  thresholds: DEFAULT_THRESHOLDS,
});

describe('a move away from a provider', () => {
  const good = standing('b', 'tier_2', 100);

  it('is made when the score is under the threshold and another tier is better', () => {
    const move = decideMove(inputs(standing('a', 'tier_1', 60), good));
    expect(move).toMatchObject({ kind: 'degrade', why: 'under_threshold' });
    expect(move.alternatives).toEqual([{ provider: 'b', tier: 'tier_2', score: 100, verdict: 'better' }]);
  });
  it('comes out the same from its inputs as they were stored, and turns with one input past its threshold', () => {
    const made = inputs(standing('a', 'tier_1', 60), good);
    const again = JSON.parse(JSON.stringify(made)) as MoveInputs;
    expect(decideMove(again)).toEqual(decideMove(made));
    const { window: w, ...rest } = again.subject.inputs;
    const better = { ...w, calls: { ...w.calls, largest: { ...w.calls.largest, accepted: 100 } } };
    const turned = { ...again, subject: { ...again.subject, inputs: { ...rest, window: better } } };
    expect(decideMove(turned)).toMatchObject({ kind: 'stay', why: 'over_threshold' });
  });
  it('is not made when every tier is equally bad', () => {
    const move = decideMove(inputs(standing('a', 'tier_1', 60), standing('b', 'tier_2', 61)));
    expect(move).toMatchObject({ kind: 'stay', why: 'no_better_tier', alternatives: [{ verdict: 'not_better' }] });
  });
  it('is not made towards a degraded tier', () => {
    const move = decideMove(inputs(standing('a', 'tier_1', 60), { ...good, status: 'degraded' }));
    expect(move).toMatchObject({ kind: 'stay', why: 'no_better_tier', alternatives: [{ verdict: 'degraded' }] });
  });
  it('counts a tier that was never used as healthy', () => {
    const unused = standing('b', 'tier_2', 0);
    const { inputs: i } = unused;
    const never = { ...unused, inputs: { ...i, window: window(0, 0) } };
    expect(decideMove(inputs(standing('a', 'tier_1', 60), never))).toMatchObject({ kind: 'degrade' });
  });
  it('waits for the cool-down', () => {
    const moved = standing('a', 'tier_1', 60, { movedSecondsAgo: 119 });
    expect(decideMove(inputs(moved, good))).toMatchObject({ kind: 'stay', why: 'cooling_down' });
    expect(decideMove(inputs({ ...moved, movedSecondsAgo: 120 }, good))).toMatchObject({ kind: 'degrade' });
  });
  it('is made once', () => {
    const gone = standing('a', 'tier_1', 60, { status: 'degraded' });
    expect(decideMove(inputs(gone, good))).toMatchObject({ kind: 'stay', why: 'degraded_already' });
  });
});

describe('a move of one network', () => {
  const ofNetwork = (provider: string, tier: Standing['tier'], accepted: number): Standing =>
    standing(provider, tier, accepted, { network: '63903' });

  it('turns with one input past its threshold, and names the network that its counts are of', () => {
    const bad = ofNetwork('a', 'tier_1', 60);
    const made = inputs(bad, ofNetwork('b', 'tier_2', 100));
    const again = JSON.parse(JSON.stringify(made)) as MoveInputs;
    expect(decideMove(made)).toMatchObject({ kind: 'degrade', why: 'under_threshold' });
    expect(decideMove(again)).toEqual(decideMove(made));
    const better = { ...again, subject: ofNetwork('a', 'tier_1', 90) };
    expect(decideMove(better)).toMatchObject({ kind: 'stay', why: 'over_threshold' });
    const worse = { ...again, alternatives: [ofNetwork('b', 'tier_2', 61)] };
    expect(decideMove(worse)).toMatchObject({ kind: 'stay', why: 'no_better_tier' });
  });
});

describe('a recorded move', () => {
  it.each([
    ['as a whole', 'ProviderDegraded.v2.json'],
    ['of one network', 'ProviderDegraded.v3.json'],
  ])('%s can be decided again from its event alone, to the same answer', (_name, golden) => {
    const file = join(__dirname, '..', '..', 'golden', 'events', golden);
    const { expected } = JSON.parse(readFileSync(file, 'utf8')) as { expected: { data: ProviderDegraded['data'] } };
    const { move } = expected.data;
    if (move === null) throw new Error('the golden event holds no move');
    expect(decideMove(move.inputs)).toEqual(move.outcome);
  });
});
