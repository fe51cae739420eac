import { KeyCache } from '../../../src/infrastructure/crypto/key-cache';

const key = (n: number): Buffer => Buffer.alloc(32, n);

describe('the cache of keys', () => {
  it('finds a key by subject, and a subject by reference', () => {
    const cache = new KeyCache(3);
    cache.put('sub_1', 'cus:1', key(1));
    expect(cache.key('sub_1')?.equals(key(1))).toBe(true);
    expect(cache.subjectOf('cus:1')).toBe('sub_1');
    expect(cache.key('sub_2')).toBeNull();
    expect(cache.subjectOf('cus:2')).toBeNull();
  });

  it('keeps to its size, letting go of what was not used for longest', () => {
    const cache = new KeyCache(3);
    for (const n of [1, 2, 3]) cache.put(`sub_${n}`, `cus:${n}`, key(n));
    cache.key('sub_1');
    cache.subjectOf('cus:2');
    cache.put('sub_4', 'cus:4', key(4));
    expect(cache.size).toBe(3);
    expect(cache.key('sub_3')).toBeNull();
    expect(cache.subjectOf('cus:3')).toBeNull();
    for (const n of [1, 2, 4]) expect(cache.key(`sub_${n}`)?.equals(key(n))).toBe(true);
  });

  it('leaves no bytes of a key that it let go of', () => {
    const cache = new KeyCache(1);
    cache.put('sub_1', 'cus:1', key(1));
    const place = cache.key('sub_1');
    cache.put('sub_2', 'cus:2', key(2));
    expect(place?.equals(key(2))).toBe(true);
    expect(cache.key('sub_1')).toBeNull();
    expect(cache.subjectOf('cus:1')).toBeNull();
  });

  it('stays right over many more keys than it holds', () => {
    const cache = new KeyCache(64);
    for (let n = 0; n < 1_000; n++) {
      cache.put(`sub_${n}`, `cus:${n}`, key(n % 256));
      const back = Math.max(0, n - (n % 60));
      expect(cache.key(`sub_${back}`)?.equals(key(back % 256))).toBe(true);
    }
    expect(cache.size).toBe(64);
  });

  it('forgets a key for good, its bytes and its number’s reference, and uses the place again', () => {
    const cache = new KeyCache(2);
    cache.put('sub_1', 'cus:1', key(1));
    const place = cache.key('sub_1');
    cache.remove('sub_1');
    expect(place?.equals(Buffer.alloc(32))).toBe(true);
    expect([cache.key('sub_1'), cache.subjectOf('cus:1'), cache.size]).toEqual([null, null, 0]);
    cache.remove('sub_1');
    for (const n of [2, 3, 4]) cache.put(`sub_${n}`, `cus:${n}`, key(n));
    expect(cache.size).toBe(2);
    for (const n of [3, 4]) expect(cache.key(`sub_${n}`)?.equals(key(n))).toBe(true);
  });

  it('keeps the reference of the next subject when the one before it goes', () => {
    const cache = new KeyCache(3);
    cache.put('sub_1', 'cus:1', key(1));
    cache.put('sub_2', 'cus:1', key(2));
    cache.remove('sub_1');
    expect(cache.subjectOf('cus:1')).toBe('sub_2');
  });

  it('takes a key for fresh until its time is over, and again once it was put anew', () => {
    let nowMs = 0;
    const cache = new KeyCache(3, 1_000, () => nowMs);
    cache.put('sub_1', 'cus:1', key(1));
    nowMs = 999;
    expect([cache.freshKey('sub_1') === null, cache.subjectOf('cus:1')]).toEqual([false, 'sub_1']);
    nowMs = 1_000;
    expect([cache.freshKey('sub_1'), cache.subjectOf('cus:1')]).toEqual([null, null]);
    // What was begun with it may be finished.
    expect(cache.key('sub_1')?.equals(key(1))).toBe(true);
    cache.put('sub_1', 'cus:1', key(1));
    expect([cache.freshKey('sub_1')?.equals(key(1)), cache.subjectOf('cus:1')]).toEqual([true, 'sub_1']);
  });
});
