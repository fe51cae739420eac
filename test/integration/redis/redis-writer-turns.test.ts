import type { Redis } from 'ioredis';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { RedisWriterTurns } from '../../../src/infrastructure/redis/redis-writer-turns';
import { emptyRedis, quiet } from './redis-fixture';

describe('turns in Redis', () => {
  let raw: Redis;
  let connections: RedisConnection[];
  let a: RedisWriterTurns;
  let b: RedisWriterTurns;

  beforeAll(async () => {
    const redis = await emptyRedis();
    raw = redis.raw;
    connections = [new RedisConnection(redis.url, quiet), new RedisConnection(redis.url, quiet)];
    await Promise.all(connections.map(({ redis: client }) => new Promise((resolve) => client.once('ready', resolve))));
    [a, b] = connections.map((connection) => new RedisWriterTurns(connection)) as [RedisWriterTurns, RedisWriterTurns];
  });
  afterAll(() => {
    raw.disconnect();
    for (const connection of connections) connection.close();
  });

  it('gives a stream to one process at a time, until it is released', async () => {
    expect(await a.claim('wallet-1')).toBe(true);
    expect(await b.claim('wallet-1')).toBe(false);
    expect([await a.isAnothers('wallet-1'), await b.isAnothers('wallet-1')]).toEqual([false, true]);
    expect(await b.claim('wallet-2')).toBe(true);
    await a.release('wallet-1');
    expect(await b.isAnothers('wallet-1')).toBe(false);
    expect(await b.claim('wallet-1')).toBe(true);
  });

  it('ends a turn by itself', async () => {
    expect(await a.claim('wallet-3')).toBe(true);
    expect(await raw.pttl('waht:turn:wallet-3')).toBeLessThanOrEqual(1_000);
    expect(await raw.pttl('waht:turn:wallet-3')).toBeGreaterThan(0);
  });

  it('has no turns while Redis is away, and never rejects', async () => {
    for (const connection of connections) connection.close();
    expect(await a.claim('wallet-4')).toBe(false);
    expect(await b.isAnothers('wallet-4')).toBe(false);
    await expect(a.release('wallet-4')).resolves.toBeUndefined();
  });
});
