import type { FeedItem } from '../../../src/application/ports/subscriptions';
import { Batcher } from '../../../src/infrastructure/event-store/subscriptions/batcher';

const item = (n: number): FeedItem => ({
  kind: 'undecodable',
  event: {
    id: String(n),
    stream: 's-1',
    revision: BigInt(n),
    type: 't',
    position: { commit: BigInt(n), prepare: BigInt(n) },
    created: '2026-11-22T09:30:00.000Z',
    problem: 'unknown_type',
    detail: '',
  },
  raw: { data: Buffer.alloc(0), metadata: Buffer.alloc(0) },
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function feed(
  options: { batchSize?: number; lingerMs?: number; busyLingerMs?: number; hold?: Promise<void>; fail?: boolean } = {},
) {
  const log: string[] = [];
  const batches: number[][] = [];
  const batcher = new Batcher(
    {
      batchSize: options.batchSize ?? 3,
      lingerMs: options.lingerMs ?? 5,
      busyLingerMs: options.busyLingerMs,
      onBatch: async (items) => {
        batches.push(items.map(({ event }) => Number(event.revision)));
        await options.hold;
        if (options.fail === true) throw new Error('no room in the table');
      },
    },
    null,
    {
      onFull: () => log.push('full'),
      onRoom: () => log.push('room'),
      onFailure: () => log.push('failed'),
      onCaughtUp: () => log.push('caught up'),
      onHandled: (last) => log.push(`handled ${last.event.revision}`),
    },
  );
  return { batcher, batches, log };
}

describe('batches of a feed', () => {
  it('are handed out when they are full', async () => {
    const { batcher, batches } = feed({ lingerMs: 60_000 });
    for (const n of [1, 2, 3, 4]) batcher.add(item(n));
    await settled();
    expect(batches).toEqual([[1, 2, 3]]);
    expect(batcher.resumeFrom).toEqual({ commit: 3n, prepare: 3n });
    await batcher.end();
  });

  it('hold nothing twice, whether it was handled or still waits, and nothing that comes after it again', async () => {
    const { batcher, batches } = feed({ batchSize: 4, lingerMs: 60_000 });
    for (const n of [1, 1, 2, 1, 2, 3, 3, 2, 4, 4, 3, 5, 6, 5, 7, 8]) batcher.add(item(n));
    await settled();
    await settled();
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    await batcher.end();
  });

  it('wait longer for others after a large one, and briefly again after a small one', async () => {
    const { batcher, batches } = feed({ batchSize: 100, lingerMs: 1, busyLingerMs: 120 });
    batcher.caughtUp();
    batcher.add(item(0));
    await settled();
    const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
    for (const n of numbers(1, 31)) batcher.add(item(n));
    await wait(40);
    expect(batches).toEqual([[0], numbers(1, 31)]);
    batcher.add(item(31));
    await wait(40);
    expect(batches).toHaveLength(2);
    await wait(120);
    expect(batches.slice(2)).toEqual([[31]]);
    batcher.add(item(32));
    await wait(40);
    expect(batches.slice(3)).toEqual([[32]]);
    await batcher.end();
  });

  it('wait for others no longer than the linger', async () => {
    const { batcher, batches } = feed({ lingerMs: 5 });
    batcher.add(item(1));
    await settled();
    expect(batches).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(batches).toEqual([[1]]);
    await batcher.end();
  });

  it('come one at a time, and hold the server back when too much waits', async () => {
    let release: () => void = () => undefined;
    const hold = new Promise<void>((resolve) => (release = resolve));
    const { batcher, batches, log } = feed({ batchSize: 2, hold });
    for (const n of [1, 2, 3, 4, 5, 6]) batcher.add(item(n));
    await settled();
    expect(batches).toEqual([[1, 2]]);
    expect(log).toContain('full');
    expect(log).not.toContain('room');
    release();
    await settled();
    await settled();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(log).toContain('room');
    await batcher.end();
  });

  it('are caught up only when what came before has been handled', async () => {
    const { batcher, log } = feed({ batchSize: 100, lingerMs: 60_000 });
    batcher.add(item(1));
    batcher.caughtUp();
    expect(log).toEqual([]);
    await settled();
    expect(log.filter((line) => line !== 'room')).toEqual(['handled 1', 'caught up']);
    await batcher.end();
  });

  it('stop at the first that fails, and resume after the last that returned', async () => {
    const { batcher, batches, log } = feed({ batchSize: 1, fail: true });
    batcher.add(item(1));
    batcher.add(item(2));
    await settled();
    await settled();
    expect(batches).toEqual([[1]]);
    expect(log).toContain('failed');
    expect(batcher.failure?.message).toBe('no room in the table');
    expect(batcher.resumeFrom).toBeNull();
    await batcher.end();
  });

  it('resume from a checkpoint only when nothing before it waits', async () => {
    const { batcher } = feed({ lingerMs: 60_000 });
    batcher.checkpointReached({ commit: 5n, prepare: 5n });
    expect(batcher.resumeFrom).toEqual({ commit: 5n, prepare: 5n });
    batcher.add(item(6));
    batcher.checkpointReached({ commit: 9n, prepare: 9n });
    expect(batcher.resumeFrom).toEqual({ commit: 5n, prepare: 5n });
    batcher.caughtUp();
    await settled();
    expect(batcher.resumeFrom).toEqual({ commit: 9n, prepare: 9n });
    await batcher.end();
  });

  it('leave out what a server sends again', async () => {
    const { batcher, batches } = feed({ batchSize: 1 });
    batcher.add(item(1));
    await settled();
    batcher.add(item(1));
    batcher.add(item(2));
    await settled();
    expect(batches).toEqual([[1], [2]]);
    await batcher.end();
  });
});
