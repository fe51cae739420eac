import { MicroBatch } from '../../../src/infrastructure/crypto/micro-batch';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a micro-batch', () => {
  it('puts calls of one turn together and gives each its own result', async () => {
    const batches: number[][] = [];
    const batch = new MicroBatch<number, string>(async (items) => {
      batches.push([...items]);
      return items.map((item) => `#${item}`);
    }, 100);
    expect(await Promise.all([1, 2, 3].map((n) => batch.add(n)))).toEqual(['#1', '#2', '#3']);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('gathers what comes while two are under way, in batches of a bounded size', async () => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batch = new MicroBatch<number, number>(async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items;
    }, 4);
    const results: Promise<number>[] = [];
    for (let n = 0; n < 12; n++) {
      results.push(batch.add(n));
      if (n < 2) await settled();
    }
    await settled();
    expect(batches).toEqual([[0], [1]]);
    while (batches.flat().length < 12) {
      releases.shift()?.();
      await settled();
      await settled();
    }
    for (const release of releases) release();
    expect(await Promise.all(results)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(Math.max(...batches.map(({ length }) => length))).toBe(4);
  });

  it('fails only those of the batch that failed', async () => {
    const batch = new MicroBatch<number, number>(async (items) => {
      if (items.includes(1)) throw new Error('no connection');
      return items;
    }, 100);
    const failing = batch.add(1);
    await expect(failing).rejects.toThrow('no connection');
    expect(await batch.add(2)).toBe(2);
  });

  it('keeps its pace after a batch of several, and not after a call that came alone', async () => {
    const begun: number[] = [];
    const batch = new MicroBatch<number, number>(
      async (items) => {
        begun.push(performance.now());
        return items;
      },
      100,
      60,
    );
    await batch.add(1);
    await Promise.all([batch.add(2), batch.add(3)]);
    await batch.add(4);
    await batch.add(5);
    const [alone = 0, several = 0, paced = 0, last = 0] = begun;
    expect(several - alone).toBeLessThan(40);
    expect(paced - several).toBeGreaterThan(55);
    expect(last - paced).toBeLessThan(40);
  });
});
