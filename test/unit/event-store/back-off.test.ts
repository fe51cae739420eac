import { BackOff } from '../../../src/infrastructure/event-store/subscriptions/back-off';

describe('a back-off', () => {
  it('doubles up to its limit, and begins again after a success', () => {
    const backOff = new BackOff(100, 1_000, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => backOff.nextMs())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    backOff.reset();
    expect(backOff.nextMs()).toBe(100);
  });

  it('is shortened by chance to no less than half', () => {
    expect(new BackOff(100, 1_000, () => 0).nextMs()).toBe(50);
    for (let i = 0; i < 100; i++) {
      const pauseMs = new BackOff(100, 1_000).nextMs();
      expect(pauseMs).toBeGreaterThanOrEqual(50);
      expect(pauseMs).toBeLessThanOrEqual(100);
    }
  });
});
