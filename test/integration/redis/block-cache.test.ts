import type { Redis } from 'ioredis';
import type { RecordedEvent } from '../../../src/application/ports/event-store';
import type { CatchUpOptions, FeedItem, Subscriptions } from '../../../src/application/ports/subscriptions';
import type { BlockKind } from '../../../src/domain/fraud/events';
import { BlockCache } from '../../../src/infrastructure/redis/block-cache';
import { RedisAdmission } from '../../../src/infrastructure/redis/redis-admission';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { admissionRequest, emptyRedis, quiet } from './redis-fixture';

/** A feed whose batches come when the test says so. */
class HandFeed implements Subscriptions {
  options: CatchUpOptions | null = null;
  private fed = 0n;

  catchUp(options: CatchUpOptions) {
    this.options = options;
    return { position: null, lagMs: () => 0, isLive: () => true, stop: () => Promise.resolve() };
  }

  worker = () => Promise.reject(new Error('blocks have no worker'));
  ensureGroups = () => Promise.reject(new Error('blocks have no groups'));

  async feed(...events: { type: string; data: object }[]): Promise<void> {
    const items: FeedItem[] = events.map((event) => ({
      kind: 'event',
      event: this.recorded(event),
      raw: { data: new Uint8Array(), metadata: new Uint8Array() },
    }));
    await this.options?.onBatch(items, { commit: this.fed, prepare: this.fed });
  }

  private recorded({ type, data }: { type: string; data: object }): RecordedEvent {
    this.fed += 1n;
    return {
      id: String(this.fed),
      stream: 'block-x',
      revision: 0n,
      type,
      data,
      metadata: {
        correlationId: '',
        causationId: '',
        customerId: null,
        actor: { kind: 'operator', id: 'o' },
        at: '',
        schema: 1,
      },
      position: { commit: this.fed, prepare: this.fed },
      created: '',
    };
  }
}

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
    const subjects = {
      find: (id: string) => Promise.resolve(id === 'sub_1' ? { customerId: 'cus_1', lookupHash: 'hash1' } : null),
    };
    cache = new BlockCache(feed, connection, subjects, quiet);
    admission = new RedisAdmission(connection, cache, quiet);
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
