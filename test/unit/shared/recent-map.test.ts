import { RecentMap } from '../../../src/domain/shared/recent-map';

const filled = (map: RecentMap<number, string>, from: number, to: number): void => {
  for (let n = from; n < to; n++) map.set(n, `value ${n}`);
};
const held = (map: RecentMap<number, string>, upTo: number): number[] =>
  Array.from({ length: upTo }, (_, n) => n).filter((n) => map.get(n) !== undefined);

describe('a map of recent entries', () => {
  it('holds all of them up to half of its size, with the value put last', () => {
    const map = new RecentMap<number, string>(10);
    filled(map, 0, 5);
    map.set(3, 'again');
    expect(held(map, 20)).toEqual([0, 1, 2, 3, 4]);
    expect(map.get(3)).toBe('again');
    expect(map.get(7)).toBeUndefined();
  });

  it('never holds more than its size nor less than half of it, and those the ones put last', () => {
    const map = new RecentMap<number, string>(10);
    for (let n = 0; n < 200; n++) {
      map.set(n, `value ${n}`);
      const now = held(map, n + 1);
      expect(now.length).toBeLessThanOrEqual(10);
      expect(now.length).toBeGreaterThanOrEqual(Math.min(n + 1, 5));
      expect(now).toEqual(Array.from({ length: now.length }, (_, k) => n + 1 - now.length + k));
    }
  });

  it('takes an entry that was put again for a new one, and never shows its older value', () => {
    const map = new RecentMap<number, string>(10);
    filled(map, 0, 5);
    filled(map, 5, 6);
    map.set(0, 'again');
    expect(map.get(0)).toBe('again');
    filled(map, 6, 10);
    expect(held(map, 20)).toContain(0);
    expect(map.get(0)).toBe('again');
    expect(held(map, 20)).not.toContain(1);
  });

  it('has room for two', () => {
    expect(() => new RecentMap(1)).toThrow(RangeError);
  });
});
