import * as fc from 'fast-check';
import {
  RESTARTS_IN_WINDOW,
  RestartBudget,
  WINDOW_MS,
} from '../../../src/infrastructure/embedded/launcher/restart-budget';

describe('the restart budget', () => {
  it('allows five starts a minute, each after a longer pause, and then no more', () => {
    const budget = new RestartBudget();
    const pauses = Array.from({ length: RESTARTS_IN_WINDOW }, (_, index) => budget.take(index * 1_000));
    expect(pauses).toEqual([0, 250, 500, 1_000, 2_000]);
    expect(budget.take(5_000)).toBeUndefined();
    expect(budget.take(WINDOW_MS - 1)).toBeUndefined();
  });

  it('gives a start back a minute after it was taken', () => {
    const budget = new RestartBudget();
    for (let taken = 0; taken < RESTARTS_IN_WINDOW; taken += 1) budget.take(0);
    expect(budget.take(WINDOW_MS)).toBe(0);
  });

  it('never allows more than five in any minute', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30_000), { maxLength: 60 }), (gaps) => {
        const budget = new RestartBudget();
        let now = 0;
        const taken = gaps.map((gap) => (now += gap)).filter((at) => budget.take(at) !== undefined);
        for (const at of taken) {
          expect(taken.filter((other) => other <= at && other > at - WINDOW_MS).length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
