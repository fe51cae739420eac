import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleKind, transpileModule } from 'typescript';
import { PassingMap } from '../../../src/domain/shared/passing-map';

const SOURCE = join(__dirname, '..', '..', '..', 'src', 'domain', 'shared', 'passing-map.ts');

/** It rests for some young collections first, and grows old. Then sixty-four at a time come and go, sixteen in a turn of the event loop. */
const traffic = (map: string): string => `
  const map = new ${map}();
  const waiting = [];
  let n = 0;
  map.set('first', {});
  for (let i = 0; i < 100_000; i++) waiting.length = new Array(300).fill(i).length - 300;
  map.delete('first');
  const turn = () => {
    for (let i = 0; i < 16; i++) {
      const key = n++;
      map.set(key, { key, request: new Array(300).fill(key) });
      waiting.push(key);
    }
    if (waiting.length > 64) for (let i = 0; i < 16; i++) map.delete(waiting.shift());
    if (n < 200_000) setImmediate(turn);
  };
  turn();
`;

/** In a process of its own, as the collector has its say about all that lives in one. */
function fullCollections(map: string): number {
  const { outputText } = transpileModule(readFileSync(SOURCE, 'utf8'), {
    compilerOptions: { module: ModuleKind.CommonJS, target: 9 },
  });
  const script = `${outputText}\n${traffic(map)}`;
  const said = execFileSync(process.execPath, ['--max-semi-space-size=32', '--trace-gc', '-e', script]).toString();
  return said.split('\n').filter((line) => line.includes('Mark-Compact')).length;
}

describe('a map of what soon goes again', () => {
  it('holds what stands in it, in order, however much has passed', () => {
    const map = new PassingMap<number, string>();
    const plain = new Map<number, string>();
    for (let i = 0; i < 5_000; i++) {
      map.set(i, `v${i}`);
      plain.set(i, `v${i}`);
      if (i % 7 === 0) continue;
      expect(map.delete(i - (i % 3))).toBe(plain.delete(i - (i % 3)));
    }
    expect([...map]).toEqual([...plain]);
    expect([...map.keys()]).toEqual([...plain.keys()]);
    expect([...map.values()]).toEqual([...plain.values()]);
    expect(map.size).toBe(plain.size);
    const [first] = plain.keys();
    expect(map.get(first ?? -1)).toBe(plain.get(first ?? -1));
    expect([map.has(first ?? -1), map.has(-5), map.get(-5)]).toEqual([true, false, undefined]);
  });
  it('keeps the order of an entry that is set again, as a map does', () => {
    const map = new PassingMap<string, number>();
    map.set('a', 1);
    map.set('b', 2);
    for (let i = 0; i < 1_000; i++) map.set('a', i);
    expect([...map]).toEqual([
      ['a', 999],
      ['b', 2],
    ]);
  });
  it('lets what has passed go while it is young, as a plain map does not', () => {
    const plain = fullCollections('Map');
    expect(plain).toBeGreaterThan(4);
    expect(fullCollections('PassingMap')).toBeLessThanOrEqual(plain / 3);
  });
  it('is empty when it is cleared, and can be used again', () => {
    const map = new PassingMap<string, number>();
    map.set('a', 1);
    map.clear();
    expect([map.size, map.has('a')]).toEqual([0, false]);
    map.set('b', 2);
    expect([...map]).toEqual([['b', 2]]);
  });
});
