import { Bulkhead, Bulkheads } from '../../../src/application/routing/bulkhead';

const now = (): number => performance.now();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a bulkhead', () => {
  it('lets so many in at once, and the next when one leaves', async () => {
    const bulkhead = new Bulkhead(2, 1_000, now);
    const [first] = await Promise.all([bulkhead.acquire(), bulkhead.acquire()]);
    const order: string[] = [];
    const third = bulkhead.acquire().then((slot) => order.push(slot === null ? 'turned away' : 'let in'));
    await Promise.resolve();
    expect(order).toEqual([]);
    first?.release();
    await third;
    expect(order).toEqual(['let in']);
  });
  it('gives one place back once', async () => {
    const bulkhead = new Bulkhead(1, 20, now);
    const slot = await bulkhead.acquire();
    slot?.release();
    slot?.release();
    (await bulkhead.acquire())?.begin();
    expect(await bulkhead.acquire()).toBeNull();
  });
  it('turns everybody away at once while the provider is slow, until a place moves', async () => {
    const bulkhead = new Bulkhead(1, 50, now);
    const slot = await bulkhead.acquire();
    slot?.begin();
    expect(await bulkhead.acquire()).toBeNull();
    const before = now();
    expect(await bulkhead.acquire()).toBeNull();
    expect(now() - before).toBeLessThan(40);
    slot?.release();
    expect(await bulkhead.acquire()).not.toBeNull();
  });
  it('turns all that wait away together, and whoever comes, while calls end by giving up', async () => {
    const bulkhead = new Bulkhead(2, 50, now);
    const slots = await Promise.all([bulkhead.acquire(), bulkhead.acquire()]);
    for (const slot of slots) slot?.begin();
    const waiting = bulkhead.acquire();
    await pause(30);
    const before = now();
    expect(await Promise.all([waiting, bulkhead.acquire()])).toEqual([null, null]);
    expect(now() - before).toBeLessThan(45);
    slots[0]?.release();
    (await bulkhead.acquire())?.begin();
    const later = now();
    expect(await bulkhead.acquire()).toBeNull();
    expect(now() - later).toBeLessThan(40);
  });
  it('has patience again once a call was quick', async () => {
    const bulkhead = new Bulkhead(1, 40, now);
    const slow = await bulkhead.acquire();
    slow?.begin();
    expect(await bulkhead.acquire()).toBeNull();
    slow?.release();
    const quick = await bulkhead.acquire();
    quick?.begin();
    quick?.release();
    const next = await bulkhead.acquire();
    next?.begin();
    const waiting = bulkhead.acquire();
    await pause(5);
    next?.release();
    expect(await waiting).not.toBeNull();
  });
  it('tells sooner that a provider is slow that is usually quick', async () => {
    const clock = { ms: 0 };
    const bulkhead = new Bulkhead(1, 1_000, () => clock.ms);
    for (let call = 0; call < 50; call++) {
      const quick = await bulkhead.acquire();
      quick?.begin();
      clock.ms += 20;
      quick?.release();
    }
    (await bulkhead.acquire())?.begin();
    const since = now();
    const waiting = bulkhead.acquire();
    clock.ms += 130;
    expect(await waiting).toBeNull();
    expect(now() - since).toBeLessThan(500);
  });
  it('has the patience of a provider that usually takes its time', async () => {
    const clock = { ms: 0 };
    const bulkhead = new Bulkhead(1, 1_000, () => clock.ms);
    for (let call = 0; call < 50; call++) {
      const unhurried = await bulkhead.acquire();
      unhurried?.begin();
      clock.ms += 300;
      unhurried?.release();
    }
    const slot = await bulkhead.acquire();
    slot?.begin();
    const waiting = bulkhead.acquire();
    clock.ms += 600;
    await pause(200);
    slot?.release();
    expect(await waiting).not.toBeNull();
  });
  it('blames nobody for what this process was too busy to read', async () => {
    const bulkhead = new Bulkhead(1, 100, now);
    const slot = await bulkhead.acquire();
    slot?.begin();
    const waiting = bulkhead.acquire();
    const until = now() + 250;
    while (now() < until);
    setTimeout(() => slot?.release(), 5);
    expect(await waiting).not.toBeNull();
  });
  it('waits on where it is not the provider who is slow', async () => {
    const bulkhead = new Bulkhead(1, 10, now);
    const slot = await bulkhead.acquire();
    let answered = false;
    const waiting = bulkhead.acquire().finally(() => (answered = true));
    await pause(60);
    expect(answered).toBe(false);
    slot?.release();
    expect(await waiting).not.toBeNull();
  });
  it('is one a provider', async () => {
    const bulkheads = new Bulkheads(1, 20, now);
    (await bulkheads.acquire('a'))?.begin();
    expect(await bulkheads.acquire('b')).not.toBeNull();
    expect(await bulkheads.acquire('a')).toBeNull();
  });
});
