import { asAWhole, countsOfAll, countsOfNetwork, type Counted } from '../../../src/domain/routing/breakdown';
import type { ScoreInputs } from '../../../src/domain/routing/score';
import { scoreOf } from '../../../src/domain/routing/score';
import { emptyTally, type MinuteOfCustomer } from '../../../src/domain/routing/window';

const span = { nowMinute: 30_000_000, sinceMinute: 0 };
type Network = string | null;

/** Of each of two customers. */
const rows = (network: Network, attempts: number, accepted: number): MinuteOfCustomer[] =>
  ['cus_1', 'cus_2'].map((customerId) => ({
    ...emptyTally,
    attempts,
    accepted,
    delivered: accepted,
    minute: span.nowMinute - 5,
    customerId,
    network,
  }));
const day: Counted['day'] = [
  { network: '63902', due: 900, delivered: 880 },
  { network: '63903', due: 100, delivered: 50 },
  { network: null, due: 10, delivered: 9 },
];
const judged = (minutes: readonly MinuteOfCustomer[], moved: readonly string[] = [], silent: Network = null) => {
  const counted: Counted = { minutes, day };
  const own = ['63902', '63903', '63907'].map((network): [string, ScoreInputs] => [
    network,
    { ...countsOfNetwork(counted, network, span), reportsSilentEverywhere: network === silent },
  ]);
  const networks = new Map(own.filter(([, inputs]) => scoreOf(inputs).value !== null));
  const request = { span, moved, networks, degradeUnder: 70, reportsSilentEverywhere: false };
  const { leftOut, inputs } = asAWhole(counted, request);
  return { leftOut, value: scoreOf(inputs).value, inputs };
};

describe('the counts of a provider', () => {
  it('are those of all networks, or of one', () => {
    const counted = { minutes: [...rows('63902', 10, 10), ...rows('63903', 4, 2), ...rows(null, 1, 1)], day };
    expect(countsOfAll(counted, span)).toMatchObject({
      window: { calls: { largest: { attempts: 15 }, others: { attempts: 15 } } },
      baseline: { due: 1_010, delivered: 939 },
    });
    expect(countsOfNetwork(counted, '63903', span)).toMatchObject({
      window: { calls: { largest: { attempts: 4, accepted: 2 }, others: { attempts: 4, accepted: 2 } } },
      baseline: { due: 100, delivered: 50 },
    });
  });
});

describe('a provider as a whole', () => {
  it('is not judged by one bad network where the others are enough to say', () => {
    const { leftOut, value, inputs } = judged([...rows('63902', 500, 100), ...rows('63903', 20, 20)]);
    expect([leftOut, value]).toEqual([['63902'], 100]);
    expect(inputs.baseline).toEqual({ due: 110, delivered: 59 });
  });
  it('is judged by everything where the others are too few', () => {
    const { leftOut, value } = judged([...rows('63902', 500, 100), ...rows('63903', 9, 9)]);
    expect(leftOut).toEqual([]);
    expect(value).toBeLessThan(70);
  });
  it('is judged by everything where every network is bad', () => {
    const bad = [...rows('63902', 50, 10), ...rows('63903', 50, 10), ...rows('63907', 50, 10)];
    expect(judged(bad)).toMatchObject({ leftOut: [] });
    expect(judged(bad).value).toBeLessThan(70);
  });
  it('is judged by numbers of unknown networks too', () => {
    expect(judged([...rows('63902', 50, 10), ...rows(null, 20, 20)])).toMatchObject({ leftOut: ['63902'], value: 100 });
  });
  it('never answers for a network that was moved by itself', () => {
    expect(judged([...rows('63902', 50, 10), ...rows('63903', 9, 9)], ['63902'])).toMatchObject({
      leftOut: ['63902'],
      value: null,
    });
  });
  it('does not count one that returns, however good it is by now', () => {
    const minutes = [...rows('63902', 50, 50), ...rows('63903', 20, 20)];
    expect(judged(minutes, ['63902']).leftOut).toEqual(['63902']);
    expect(judged(minutes).leftOut).toEqual([]);
  });
  it('does not count one whose reports have stopped from all providers, however much of its traffic that is', () => {
    const silent = rows('63902', 500, 500).map((row) => ({ ...row, delivered: 0 }));
    const many = judged([...silent, ...rows('63903', 20, 20)], [], '63902');
    expect([many.leftOut, many.value]).toEqual([['63902'], 100]);
    const few = judged([...silent, ...rows('63903', 9, 9)], [], '63902');
    expect([few.leftOut, few.value]).toEqual([['63902'], null]);
  });
});
