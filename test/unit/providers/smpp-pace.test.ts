import { Pace, type Ticket } from '../../../src/infrastructure/providers/smpp/pace';

describe('the pace of submissions', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());
  const start = (window: number, rate: number): Pace => new Pace(window, rate, () => Date.now());
  const enter = async (pace: Pace, withinMs = 100): Promise<Ticket | null> => {
    const entered = pace.enter(withinMs);
    await jest.advanceTimersByTimeAsync(withinMs);
    return entered;
  };
  /** How many enter within a second. */
  const perSecond = async (pace: Pace): Promise<number> => {
    let entered = 0;
    const all = Array.from({ length: 200 }, () =>
      pace.enter(1_000).then((ticket) => {
        if (ticket === null) return;
        entered += 1;
        ticket.done('other');
      }),
    );
    await jest.advanceTimersByTimeAsync(1_000);
    await Promise.all(all);
    return entered;
  };

  it('lets no more in than the window, and the next when one is done', async () => {
    const pace = start(2, 1_000);
    const first = await enter(pace);
    await enter(pace);
    expect(await enter(pace)).toBeNull();
    first?.done('taken');
    first?.done('taken');
    expect(await enter(pace)).not.toBeNull();
    expect(await enter(pace)).toBeNull();
  });
  it('lets in what was agreed for a second', async () => {
    const entered = await perSecond(start(100, 50));
    expect(entered).toBeGreaterThanOrEqual(49);
    expect(entered).toBeLessThanOrEqual(56);
  });
  it('pauses when it is too much, twice as long the second time in a row, at most a minute', async () => {
    const pace = start(10, 1_000);
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      const ticket = await enter(pace, 0).then((now) => now ?? enter(pace, 10));
      ticket?.done('throttled');
      expect(pace.pausedForMs()).toBe(pauseMs);
      expect(await enter(pace, 500)).toBeNull();
      await jest.advanceTimersByTimeAsync(pauseMs + 2_000);
    }
  });
  it('halves the rate once for all that was under way, and recovers slowly', async () => {
    const pace = start(100, 100);
    await jest.advanceTimersByTimeAsync(1_000);
    const underWay = [await enter(pace, 0), await enter(pace, 0), await enter(pace, 0)];
    for (const ticket of underWay) ticket?.done('throttled');
    expect(pace.pausedForMs()).toBe(1_000);
    await jest.advanceTimersByTimeAsync(1_000);
    const halved = await perSecond(pace);
    expect(halved).toBeGreaterThanOrEqual(48);
    expect(halved).toBeLessThanOrEqual(57);
    for (let taken = 0; taken < 60; taken += 1) (await enter(pace, 100))?.done('taken');
    expect(await perSecond(pace)).toBeGreaterThan(95);
  });
  it('sends away who waits when it is stopped', async () => {
    const pace = start(1, 1_000);
    await enter(pace);
    const waiting = pace.enter(10_000);
    pace.stop();
    expect(await waiting).toBeNull();
  });
});
