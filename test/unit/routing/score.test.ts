import fc from 'fast-check';
import { reportsStoppedEverywhere, scoreOf, type Baseline, type Score } from '../../../src/domain/routing/score';
import {
  emptyTally,
  windowOf,
  type MinuteOfCustomer,
  type MinuteTally,
  type ProviderWindow,
} from '../../../src/domain/routing/window';

const NOW = 30_000_000;

const minute = (ago: number, customerId: string, tally: Partial<MinuteTally>): MinuteOfCustomer => ({
  ...emptyTally,
  ...tally,
  minute: NOW - ago,
  customerId,
  network: null,
});

const good = (attempts: number): MinuteTally => ({ ...emptyTally, attempts, accepted: attempts, delivered: attempts });
const steady: Baseline = { due: 10_000, delivered: 9_500 };

/** `count` attempts a minute for fifteen minutes, from two customers. */
const traffic = (of: (ago: number) => MinuteTally): ProviderWindow =>
  windowOf(
    Array.from({ length: 20 }, (_, ago) => [minute(ago, 'a', of(ago)), minute(ago, 'b', of(ago))]).flat(),
    NOW,
    0,
  );

const score = (window: ProviderWindow, baseline = steady, reportsSilentEverywhere = false): Score =>
  scoreOf({ window, baseline, reportsSilentEverywhere });

describe('the window', () => {
  it('takes fifteen minutes, and nothing from before a provider came back', () => {
    const rows = Array.from({ length: 30 }, (_, ago) => minute(ago, 'a', good(1)));
    expect(windowOf(rows, NOW, 0).calls.largest.attempts).toBe(15);
    expect(windowOf(rows, NOW, NOW - 3).calls.largest.attempts).toBe(4);
  });
  it('waits two full minutes for reports', () => {
    const rows = [0, 1, 2, 3].map((ago) => minute(ago, 'a', { attempts: 10, accepted: 10 }));
    expect(windowOf(rows, NOW, 0).reports.largest.due).toBe(10);
  });
  it('counts no report that the recipient caused', () => {
    const window = windowOf([minute(5, 'a', { attempts: 10, accepted: 10, delivered: 6, excused: 4 })], NOW, 0);
    expect(window.reports.largest).toEqual({ due: 6, delivered: 6, late: 0 });
  });
  it('sets the largest customer apart, whatever the order', () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, (attempts) => {
        const { calls } = windowOf(
          attempts.map((n, i) => minute(1, `c${i}`, { attempts: n })),
          NOW,
          0,
        );
        expect(calls.largest.attempts).toBe(Math.max(...attempts));
        expect(calls.largest.attempts + calls.others.attempts).toBe(attempts.reduce((a, b) => a + b, 0));
      }),
    );
  });
});

describe('the score', () => {
  it('is 100 where all goes well', () => {
    expect(score(traffic(() => good(5))).value).toBe(100);
  });
  it('is not known under twenty attempts', () => {
    expect(score(windowOf([minute(1, 'a', { ...good(19), accepted: 0 })], NOW, 0)).value).toBeNull();
    expect(score(windowOf([minute(1, 'a', { ...good(20), accepted: 0 })], NOW, 0)).value).toBeLessThan(30);
  });
  it('is not moved by one stray failure', () => {
    const window = traffic((ago) => ({ ...good(5), accepted: ago === 4 ? 4 : 5, delivered: ago === 4 ? 4 : 5 }));
    expect(score(window).value).toBeGreaterThan(98);
  });
  it('falls with refused calls', () => {
    const window = traffic(() => ({ ...good(5), accepted: 2, delivered: 2 }));
    expect(score(window).value).toBeLessThan(70);
  });
  it('falls within six minutes when reports turn to undelivered after three good minutes', () => {
    const turnedAgo = 6;
    const rows = Array.from({ length: 9 }, (_, ago) => {
      const isGood = ago >= turnedAgo;
      const tally = { ...good(100), delivered: isGood ? 100 : 0 };
      return [minute(ago, 'a', tally), minute(ago, 'b', tally)];
    }).flat();
    expect(score(windowOf(rows, NOW, 0), { due: 600, delivered: 600 }).value).toBeLessThan(70);
  });
  it('measures delivery against the provider itself', () => {
    const half = traffic(() => ({ ...good(10), delivered: 5 }));
    expect(score(half).value).toBeLessThan(70);
    expect(score(half, { due: 1_000, delivered: 500 }).value).toBe(100);
  });
  it('leaves delivery out when reports have stopped everywhere', () => {
    const silent = traffic(() => ({ ...good(10), delivered: 0 }));
    expect(score(silent).value).toBeLessThan(70);
    expect(score(silent, steady, true).value).toBe(100);
    expect(reportsStoppedEverywhere([silent, silent])).toBe(true);
    expect(reportsStoppedEverywhere([silent, traffic(() => good(10))])).toBe(false);
    expect(reportsStoppedEverywhere([silent])).toBe(false);
  });
  it('gives no customer more than half of the say', () => {
    const failing = { ...emptyTally, attempts: 1_000 };
    const rows = [minute(4, 'one', failing), minute(4, 'two', good(30)), minute(4, 'three', good(30))];
    const { components } = score(windowOf(rows, NOW, 0));
    expect(components.find(({ name }) => name === 'accept')).toMatchObject({ samples: 120, rate: 0.5 });
  });
  it('lies between 0 and 100 whatever is counted', () => {
    const count = fc.integer({ min: 0, max: 200 });
    const row = fc.record({
      attempts: count,
      accepted: count,
      timeouts: count,
      slow: count,
      delivered: count,
      late: count,
      excused: count,
      minute: fc.integer({ min: NOW - 20, max: NOW }),
      customerId: fc.constantFrom('a', 'b', 'c'),
      network: fc.constantFrom('63902', '63903', null),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const { value } = score(windowOf(rows, NOW, 0));
        if (value === null) return;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(100);
      }),
    );
  });
});
