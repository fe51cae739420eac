import { Readiness } from '../../../src/infrastructure/observability/readiness';

describe('Readiness', () => {
  it('is ready when every check is, and says what is missing when one is not', async () => {
    const readiness = new Readiness();
    readiness.register('redis', () => null);
    await expect(readiness.report()).resolves.toEqual({ ready: true, checks: { redis: 'ok' } });
    const other = new Readiness();
    other.register('redis', () => 'not connected');
    other.register('postgres', () => Promise.reject(new RangeError('secret detail')));
    await expect(other.report()).resolves.toEqual({
      ready: false,
      checks: { redis: 'not connected', postgres: 'fails (RangeError)' },
    });
  });

  it('gives up on a check that hangs', async () => {
    jest.useFakeTimers();
    const readiness = new Readiness();
    readiness.register('store', () => new Promise<null>(() => undefined));
    const report = readiness.report();
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(report).resolves.toEqual({ ready: false, checks: { store: 'no answer within 1000 ms' } });
    jest.useRealTimers();
  });

  it('runs the checks once for probes within a second, and goes red at once when it is shut', async () => {
    const readiness = new Readiness();
    const check = jest.fn(() => null);
    readiness.register('redis', check);
    await Promise.all([readiness.report(), readiness.report(), readiness.report()]);
    expect(check).toHaveBeenCalledTimes(1);
    readiness.shut('shutting down');
    await expect(readiness.report()).resolves.toEqual({
      ready: false,
      checks: { redis: 'ok', process: 'shutting down' },
    });
  });
});
