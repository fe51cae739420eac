import {
  fateOf,
  planDelivery,
  reservedSuffix,
  TemporaryRefusals,
} from '../../../src/infrastructure/embedded/sandbox/engine/fates';
import { DEFAULT_REPORT } from '../../../src/infrastructure/embedded/sandbox/faults/settings';

const reserved = (suffix: string, tier = 'tier_1') => fateOf(`+2547000001${suffix}`, tier);
const plan = (suffix: string, switches = {}) => planDelivery(reserved(suffix), { ...DEFAULT_REPORT, ...switches });
const meanings = (suffix: string, switches = {}) =>
  plan(suffix, switches).chains.map((chain) => chain.steps.map((step) => step.meaning));

describe('reserved numbers', () => {
  it('delivers an ordinary number and 00 and 12 with one report after 50 ms', () => {
    for (const number of ['+254712345678', '+254700000100', '+254700000112', '+254700000199']) {
      const delivery = planDelivery(fateOf(number, 'tier_1'), DEFAULT_REPORT);
      expect(fateOf(number, 'tier_1').refusal).toBeNull();
      expect(delivery).toMatchObject({ received: true, answered: true, beforeAnswer: false });
      expect(delivery.chains).toEqual([{ delayMs: 50, steps: [{ afterMs: 0, meaning: { kind: 'delivered' } }] }]);
    }
  });

  it('recognises only the hundred numbers', () => {
    expect(reservedSuffix('+254700000107')).toBe('07');
    expect(reservedSuffix('+254700000207')).toBeNull();
    expect(reservedSuffix('+2547000001071')).toBeNull();
    expect(reservedSuffix('254700000107')).toBeNull();
  });

  it.each([
    ['01', { known: 'unknown_subscriber' }],
    ['02', { known: 'absent' }],
  ])('%s never reaches the handset and is reported so', (suffix, cause) => {
    expect(plan(suffix).received).toBe(false);
    expect(meanings(suffix)).toEqual([[{ kind: 'undelivered', cause }]]);
  });

  it('03 is received and never reported', () => {
    expect(plan('03')).toMatchObject({ received: true, answered: true, chains: [] });
  });

  it('04 is reported after 30 s, unless a delay is switched on', () => {
    expect(plan('04').chains[0]?.delayMs).toBe(30_000);
    expect(plan('04', { delay_ms: 10 }).chains[0]?.delayMs).toBe(10);
  });

  it('05 is reported three times, independently', () => {
    expect(meanings('05')).toEqual(Array.from({ length: 3 }, () => [{ kind: 'delivered' }]));
  });

  it('06 is reported delivered, then failed', () => {
    expect(meanings('06')).toEqual([[{ kind: 'delivered' }, { kind: 'undelivered', cause: { known: 'failed' } }]]);
  });

  it('07 is refused by tier 1 only', () => {
    expect(reserved('07', 'tier_1').refusal).toBe('no_route');
    expect(reserved('07', 'tier_2').refusal).toBeNull();
    expect(reserved('07', 'tier_3').refusal).toBeNull();
  });

  it('08 is refused by every tier, 11 as opted out', () => {
    for (const tier of ['tier_1', 'tier_2', 'tier_3']) {
      expect(reserved('08', tier).refusal).toBe('no_route');
      expect(reserved('11', tier).refusal).toBe('opted_out');
    }
  });

  it('09 is received, never answered, never reported', () => {
    expect(plan('09')).toMatchObject({ received: true, answered: false, chains: [] });
  });
});

describe('report switches', () => {
  it('make an ordinary number fail for the reason given', () => {
    expect(plan('00', { outcome: 'undelivered', reason: 'UserNotSubscribedToProduct' }).received).toBe(false);
    expect(meanings('00', { outcome: 'undelivered', reason: 'X' })).toEqual([
      [{ kind: 'undelivered', cause: { own: 'X' } }],
    ]);
    expect(meanings('00', { outcome: 'undelivered' })).toEqual([[{ kind: 'undelivered', cause: { known: 'failed' } }]]);
  });

  it('silence without taking the text away', () => {
    expect(plan('00', { outcome: 'none' })).toMatchObject({ received: true, chains: [] });
  });

  it('put the final report first when they reorder, and contradict at the end', () => {
    expect(meanings('00', { reorder: true, contradict: true })[0]?.map((meaning) => meaning.kind)).toEqual([
      'delivered',
      'in_transit',
      'in_transit',
      'undelivered',
    ]);
  });

  it('contradict a failure with a delivery', () => {
    expect(meanings('01', { contradict: true })[0]?.at(-1)).toEqual({ kind: 'delivered' });
  });

  it('send at once what must go before the answer', () => {
    expect(plan('04', { before_answer: true })).toMatchObject({ beforeAnswer: true, chains: [{ delayMs: 0 }] });
  });
});

describe('number 10', () => {
  it('is refused twice for each provider, number and text, then taken, then starts anew', () => {
    const refusals = new TemporaryRefusals();
    const ask = (provider = 'a', text = 'hello') => refusals.refuses(provider, '+254700000110', text, 1_000);
    expect([ask(), ask('b'), ask('a', 'other'), ask(), ask(), ask()]).toEqual([true, true, true, true, false, true]);
  });

  it('forgets after some minutes and is bounded', () => {
    const refusals = new TemporaryRefusals(2, 1_000, 2);
    expect(refusals.refuses('a', 'n', 't', 0)).toBe(true);
    expect(refusals.refuses('a', 'n', 't', 0)).toBe(true);
    expect(refusals.refuses('a', 'n', 't', 5_000)).toBe(true);
    for (const text of ['1', '2']) refusals.refuses('a', 'n', text, 5_000);
    expect(refusals.refuses('a', 'n', 't', 5_000)).toBe(true);
    expect(refusals.refuses('a', 'n', 't', 5_000)).toBe(true);
    expect(refusals.refuses('a', 'n', 't', 5_000)).toBe(false);
  });
});
