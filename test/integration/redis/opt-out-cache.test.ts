import type { Redis } from 'ioredis';
import type { RecipientOptedOut } from '../../../src/domain/opt-out/events';
import { keys } from '../../../src/infrastructure/redis/keys';
import { OptOutCache } from '../../../src/infrastructure/redis/opt-out-cache';
import { RedisAdmission } from '../../../src/infrastructure/redis/redis-admission';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { HandFeed } from './hand-feed';
import { admissionRequest, emptyRedis, oneSubject, quiet } from './redis-fixture';

const optedOut = (optOutId: string, change: Partial<RecipientOptedOut['data']> = {}) => ({
  type: 'RecipientOptedOut',
  data: {
    optOutId,
    customerId: 'cus_1',
    mode: 'live',
    subjectId: 'sub_1',
    sender: 'DUKA',
    source: 'keyword',
    phone: { kid: 'sub_1', iv: '', ct: '', tag: '' },
    ...change,
  },
});
const optedIn = (optOutId: string) => ({ type: 'RecipientOptedIn', data: { optOutId, source: 'api' } });

describe('OptOutCache', () => {
  let raw: Redis;
  let connection: RedisConnection;
  let feed: HandFeed;
  let cache: OptOutCache;
  let admission: RedisAdmission;

  const start = (): void => {
    feed = new HandFeed();
    cache = new OptOutCache({ subscriptions: feed, connection, subjects: oneSubject, logger: quiet });
    admission = new RedisAdmission(connection, [cache], quiet);
    cache.start();
  };
  const caughtUp = async (): Promise<void> => {
    feed.options?.onCaughtUp?.();
    await cache.rewrite();
  };
  /** Whether promotion from this sender is stopped, as an accept and as a quote hear it. */
  const stopped = async (promotionFrom: string | null, change = {}): Promise<boolean> => {
    const request = admissionRequest({ promotionFrom, ...change });
    const result = await admission.admit(request);
    if (result.kind !== 'admitted') throw new Error(result.kind);
    expect((await admission.peek(request)).optedOut).toBe(result.signals.optedOut);
    return result.signals.optedOut;
  };

  beforeEach(async () => {
    const redis = await emptyRedis();
    raw = redis.raw;
    connection = new RedisConnection(redis.url, quiet);
    await new Promise((resolve) => connection.redis.once('ready', resolve));
    await raw.set(keys.blocksWritten, '1');
    start();
  });

  afterEach(() => {
    connection.close();
    raw.disconnect();
  });

  it('admits nobody before the opt-outs of the log are known', async () => {
    await feed.feed(optedOut('opt_1'));
    await expect(admission.admit(admissionRequest())).rejects.toMatchObject({ code: 'unavailable' });
    await caughtUp();
    await expect(stopped('DUKA')).resolves.toBe(true);
  });

  it('stops promotion from that sender alone, and nothing else', async () => {
    await caughtUp();
    await expect(stopped('DUKA')).resolves.toBe(false);
    await feed.feed(optedOut('opt_1'));
    await expect(stopped('DUKA')).resolves.toBe(true);
    await expect(stopped('DUKA2')).resolves.toBe(false);
    await expect(stopped(null)).resolves.toBe(false);
    await expect(stopped('DUKA', { mode: 'test' })).resolves.toBe(false);
    await expect(stopped('DUKA', { lookupHash: 'hash2' })).resolves.toBe(false);
    await expect(stopped('DUKA', { customerId: 'cus_2' })).resolves.toBe(false);
    await feed.feed(optedIn('opt_1'));
    await expect(stopped('DUKA')).resolves.toBe(false);
  });

  it('stops every sender where none is named, until that ends', async () => {
    await caughtUp();
    await feed.feed(optedOut('opt_1'), optedOut('opt_2', { sender: null }));
    await expect(stopped('ANY')).resolves.toBe(true);
    await expect(stopped(null)).resolves.toBe(false);
    await feed.feed(optedIn('opt_1'));
    await expect(stopped('DUKA')).resolves.toBe(true);
    await feed.feed(optedIn('opt_2'));
    await expect(stopped('DUKA')).resolves.toBe(false);
  });

  it('takes a sender with a strange name for that sender', async () => {
    await caughtUp();
    await feed.feed(optedOut('opt_1', { sender: '*' }));
    await expect(stopped('DUKA')).resolves.toBe(false);
    await expect(stopped('*')).resolves.toBe(true);
  });

  it('does not count a message that is stopped', async () => {
    await caughtUp();
    await feed.feed(optedOut('opt_1'));
    await stopped('DUKA');
    const result = await admission.admit(admissionRequest());
    expect(result).toMatchObject({ signals: { recipientPerMinute: 1 } });
  });

  it('passes over a recipient who has been erased', async () => {
    await feed.feed(optedOut('opt_1', { subjectId: 'sub_erased' }));
    await caughtUp();
    await expect(stopped('DUKA')).resolves.toBe(false);
  });

  it('writes them anew into a Redis that was flushed', async () => {
    await feed.feed(optedOut('opt_1'), optedOut('opt_2', { sender: null }), optedIn('opt_2'));
    await caughtUp();
    await raw.flushdb();
    await raw.set(keys.blocksWritten, '1');
    await expect(stopped('DUKA')).resolves.toBe(true);
    await expect(stopped('OTHER')).resolves.toBe(false);
  });

  it('takes back at its start what ended while no process ran', async () => {
    await feed.feed(optedOut('opt_1'));
    await caughtUp();
    await expect(stopped('DUKA')).resolves.toBe(true);
    start();
    await feed.feed(optedOut('opt_1'), optedIn('opt_1'));
    await caughtUp();
    await expect(stopped('DUKA')).resolves.toBe(false);
  });
});
