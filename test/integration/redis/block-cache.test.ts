import type { Redis } from 'ioredis';
import type { BlockKind } from '../../../src/domain/fraud/events';
import { BlockCache } from '../../../src/infrastructure/redis/block-cache';
import { RedisAdmission } from '../../../src/infrastructure/redis/redis-admission';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { keys } from '../../../src/infrastructure/redis/keys';
import { HandFeed } from './hand-feed';
import { admissionRequest, emptyRedis, oneSubject, quiet } from './redis-fixture';

const placed = (subject: string, kind: BlockKind, customerId: string | null = null) => ({
  type: 'BlockPlaced',
  data: { subject, kind, customerId, reason: 'test' },
});
const lifted = (subject: string) => ({ type: 'BlockLifted', data: { subject, note: 'test' } });

describe('BlockCache', () => {
  let raw: Redis;
  let connection: RedisConnection;
  let feed: HandFeed;
  let cache: BlockCache;
  let admission: RedisAdmission;

  const start = (): void => {
    feed = new HandFeed();
    cache = new BlockCache({ subscriptions: feed, connection, subjects: oneSubject, logger: quiet });
    admission = new RedisAdmission(connection, [cache], quiet);
    cache.start();
  };
  const caughtUp = async (): Promise<void> => {
    feed.options?.onCaughtUp?.();
    await cache.rewrite();
  };
  const block = async (change = {}): Promise<string> => {
    const result = await admission.admit(admissionRequest(change));
    return result.kind === 'admitted' ? result.signals.block : result.kind;
  };

  beforeEach(async () => {
    const redis = await emptyRedis();
    raw = redis.raw;
    connection = new RedisConnection(redis.url, quiet);
    await new Promise((resolve) => connection.redis.once('ready', resolve));
    await raw.set(keys.optOutsWritten, '1');
    start();
  });

  afterEach(() => {
    connection.close();
    raw.disconnect();
  });

  it('admits nobody before the blocks of the log are known', async () => {
    await feed.feed(placed('sub_1', 'recipient', 'cus_1'));
    await expect(admission.admit(admissionRequest())).rejects.toMatchObject({ code: 'unavailable' });
    await caughtUp();
    await expect(block()).resolves.toBe('recipient');
  });

  it('writes what comes afterwards, and takes back what is lifted', async () => {
    await caughtUp();
    await expect(block()).resolves.toBe('none');
    for (const [subject, kind] of [
      ['sub_1', 'recipient'],
      ['prefix-254712', 'prefix'],
      ['cus_1', 'customer'],
    ] as const) {
      await feed.feed(placed(subject, kind));
      await expect(block()).resolves.toBe(kind);
      await feed.feed(lifted(subject));
      await expect(block()).resolves.toBe('none');
    }
  });

  it('blocks a prefix for one customer only, where the block says so', async () => {
    await caughtUp();
    await feed.feed(placed('prefix-2547', 'prefix', 'cus_1'));
    await expect(block()).resolves.toBe('prefix');
    await expect(block({ customerId: 'cus_2' })).resolves.toBe('none');
  });

  it('passes over a recipient who has been erased', async () => {
    await feed.feed(placed('sub_erased', 'recipient', 'cus_1'));
    await caughtUp();
    await expect(block()).resolves.toBe('none');
  });

  it('writes them anew into a Redis that was flushed', async () => {
    await feed.feed(placed('sub_1', 'recipient', 'cus_1'), placed('cus_2', 'customer'), lifted('cus_2'));
    await caughtUp();
    await raw.flushdb();
    await raw.set(keys.optOutsWritten, '1');
    await expect(block()).resolves.toBe('recipient');
    await expect(block({ customerId: 'cus_2', lookupHash: 'hash2' })).resolves.toBe('none');
  });

  it('takes back at its start what was lifted while no process ran', async () => {
    await feed.feed(placed('cus_1', 'customer'));
    await caughtUp();
    await expect(block()).resolves.toBe('customer');
    start();
    await feed.feed(placed('cus_1', 'customer'));
    // Not yet at the end of the log: the old block stands, and is not written again.
    await feed.feed(lifted('cus_1'));
    await caughtUp();
    await expect(block()).resolves.toBe('none');
  });
});
