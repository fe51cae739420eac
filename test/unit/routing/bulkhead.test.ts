import { Bulkhead, Bulkheads } from '../../../src/application/routing/bulkhead';

describe('a bulkhead', () => {
  it('lets so many in at once, and the next when one leaves', async () => {
    const bulkhead = new Bulkhead(2, 1_000);
    const [first, second] = await Promise.all([bulkhead.acquire(), bulkhead.acquire()]);
    const order: string[] = [];
    const third = bulkhead.acquire().then((release) => order.push(release === null ? 'turned away' : 'let in'));
    await Promise.resolve();
    expect(order).toEqual([]);
    first?.();
    await third;
    expect(order).toEqual(['let in']);
    second?.();
  });
  it('gives one slot back once', async () => {
    const bulkhead = new Bulkhead(1, 20);
    const release = await bulkhead.acquire();
    release?.();
    release?.();
    expect(await bulkhead.acquire()).not.toBeNull();
    expect(await bulkhead.acquire()).toBeNull();
  });
  it('turns everybody away at once while it is stalled, until a slot moves', async () => {
    const bulkhead = new Bulkhead(1, 50);
    const release = await bulkhead.acquire();
    expect(await bulkhead.acquire()).toBeNull();
    const before = performance.now();
    expect(await bulkhead.acquire()).toBeNull();
    expect(performance.now() - before).toBeLessThan(40);
    release?.();
    expect(await bulkhead.acquire()).not.toBeNull();
  });
  it('is one a provider', async () => {
    const bulkheads = new Bulkheads(1, 20);
    expect(await bulkheads.acquire('a')).not.toBeNull();
    expect(await bulkheads.acquire('b')).not.toBeNull();
    expect(await bulkheads.acquire('a')).toBeNull();
  });
});
