import fc from 'fast-check';
import { PersistentMap } from '../../../src/domain/shared/persistent-map';

type Step = { set: true; key: string; value: number } | { set: false; key: string };

const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.nat({ max: 40 }).map((n) => `rsv_${n}`),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ set: fc.constant(true as const), key, value: fc.integer() }),
  fc.record({ set: fc.constant(false as const), key }),
);

function check(map: PersistentMap<number>, model: ReadonlyMap<string, number>): void {
  expect(map.size).toBe(model.size);
  for (const [known, value] of map.entries()) if (model.get(known) !== value) throw new Error(`holds ${known}`);
  for (const [known, value] of model) if (map.get(known) !== value) throw new Error(`lost ${known}`);
}

describe('PersistentMap', () => {
  // Few distinct hashes, equal ones included, drive every way of meeting, splitting and falling together.
  const hashes: [string, ((text: string) => number) | undefined][] = [
    ['its own hash', undefined],
    ['eight hashes', (text) => text.length | 0],
    ['hashes that differ in their highest bits only', (text) => (text.length << 29) | 0],
    ['one hash', () => 7],
  ];

  it.each(hashes)('is as a Map is, and changes none that came before, with %s', (_name, hashOf) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Map<string, number>();
        let map = PersistentMap.empty<number>(hashOf);
        const history: [PersistentMap<number>, Map<string, number>][] = [];
        for (const it of steps) {
          history.push([map, new Map(model)]);
          if (it.set) model.set(it.key, it.value);
          else model.delete(it.key);
          map = it.set ? map.set(it.key, it.value) : map.delete(it.key);
        }
        check(map, model);
        for (const [before, modelBefore] of history) check(before, modelBefore);
        expect(map.get('never set')).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('gives itself where a key to delete is not there', () => {
    const map = PersistentMap.from([['a', 1]]);
    expect(map.delete('b')).toBe(map);
  });

  it('holds 100 000 ids and lets each go again', () => {
    let map = PersistentMap.empty<number>();
    for (let i = 0; i < 100_000; i++) map = map.set(`rsv_01JXYZ${i}`, i);
    expect(map.size).toBe(100_000);
    for (let i = 0; i < 100_000; i++) if (map.get(`rsv_01JXYZ${i}`) !== i) throw new Error(`lost ${i}`);
    for (let i = 0; i < 100_000; i++) map = map.delete(`rsv_01JXYZ${i}`);
    expect(map.size).toBe(0);
    expect([...map.entries()]).toEqual([]);
  });
});
