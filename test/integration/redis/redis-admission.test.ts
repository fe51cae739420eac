import type { Redis } from 'ioredis';
import { keys } from '../../../src/infrastructure/redis/keys';
import { RedisAdmission } from '../../../src/infrastructure/redis/redis-admission';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { RequestLimiter } from '../../../src/infrastructure/redis/request-limiter';
import { admissionRequest, emptyRedis, quiet } from './redis-fixture';

describe('RedisAdmission', () => {
  let raw: Redis;
  let connection: RedisConnection;
  let admission: RedisAdmission;
  let rewrites: number;

  const written = () => raw.mset(keys.blocksWritten, '1', keys.optOutsWritten, '1');

  beforeEach(async () => {
    const redis = await emptyRedis();
    raw = redis.raw;
    connection = new RedisConnection(redis.url, quiet);
    await new Promise((resolve) => connection.redis.once('ready', resolve));
    rewrites = 0;
    admission = new RedisAdmission(
      connection,
      [
        {
          rewrite: async () => {
            rewrites += 1;
            await written();
            return true;
          },
        },
      ],
      quiet,
    );
    await written();
  });

  afterEach(() => {
    connection.close();
    raw.disconnect();
  });

  const keyed = (digest = 'd1') => admissionRequest({ idempotencyKey: 'order-4821', bodyDigest: digest });

  it('admits, and counts the messages to a recipient', async () => {
    for (const count of [1, 2, 3]) {
      await expect(admission.admit(admissionRequest())).resolves.toEqual({
        kind: 'admitted',
        signals: { block: 'none', recipientPerMinute: count, optedOut: false },
      });
    }
    const other = admissionRequest({ lookupHash: 'hash2' });
    await expect(admission.admit(other)).resolves.toMatchObject({ signals: { recipientPerMinute: 1 } });
    const test = admissionRequest({ mode: 'test' });
    await expect(admission.admit(test)).resolves.toMatchObject({ signals: { recipientPerMinute: 1 } });
  });

  it('tells what it knows without counting, and after Redis has lost the blocks', async () => {
    const request = admissionRequest();
    for (let i = 0; i < 3; i++)
      expect(await admission.peek(request)).toEqual({ block: 'none', recipientPerMinute: 1, optedOut: false });
    await admission.admit(request);
    expect(await admission.peek(request)).toEqual({ block: 'none', recipientPerMinute: 2, optedOut: false });
    await raw.sadd(keys.blockedPrefixes(null), '25470');
    expect((await admission.peek(admissionRequest({ phoneDigits: '254700000001' }))).block).toBe('prefix');
    await raw.flushdb();
    expect(await admission.peek(request)).toEqual({ block: 'none', recipientPerMinute: 1, optedOut: false });
    expect(rewrites).toBe(1);
  });

  it('does not count what is over the limit, so that hammering shuts nobody out for longer', async () => {
    const request = admissionRequest({ messagesPerMinutePerRecipient: 2 });
    const counts: number[] = [];
    for (let i = 0; i < 5; i++) {
      const result = await admission.admit(request);
      if (result.kind === 'admitted') counts.push(result.signals.recipientPerMinute);
    }
    expect(counts).toEqual([1, 2, 3, 3, 3]);
    const [bucket] = await raw.hkeys(keys.velocity('cus_1', 'live', 'hash1'));
    // Thirteen buckets of five seconds later they no longer count.
    const key = keys.velocity('cus_1', 'live', 'hash1');
    await raw
      .multi()
      .del(key)
      .hset(key, String(Number(bucket) - 13), 2)
      .exec();
    await expect(admission.admit(request)).resolves.toMatchObject({ signals: { recipientPerMinute: 1 } });
  });

  it('keeps a claim while the first request runs, then repeats its answer', async () => {
    const first = keyed();
    await expect(admission.admit(first)).resolves.toMatchObject({ kind: 'admitted' });
    await expect(admission.admit(keyed())).resolves.toEqual({ kind: 'pending' });
    await admission.remember(first, '{"message_id":"msg_1"}');
    const response = '{"message_id":"msg_1"}';
    await expect(admission.admit(keyed())).resolves.toEqual({ kind: 'replay', sameBody: true, response });
    await expect(admission.admit(keyed('d2'))).resolves.toEqual({ kind: 'replay', sameBody: false, response });
    for (const other of [{ customerId: 'cus_2' }, { mode: 'test' as const }, { route: 'batch' }]) {
      await expect(admission.admit({ ...keyed(), ...other })).resolves.toMatchObject({ kind: 'admitted' });
    }
  });

  it('leaves the key free after a refusal, but gives back only its own claim', async () => {
    const first = keyed();
    await admission.admit(first);
    const stranger = keyed();
    await admission.admit(stranger);
    await admission.forget(stranger);
    await expect(admission.admit(keyed())).resolves.toEqual({ kind: 'pending' });
    await admission.forget(first);
    await expect(admission.admit(keyed())).resolves.toMatchObject({ kind: 'admitted' });
  });

  it('never forgets an answer that was remembered', async () => {
    const first = keyed();
    await admission.admit(first);
    await admission.remember(first, '{}');
    await admission.forget(first);
    await expect(admission.admit(keyed())).resolves.toMatchObject({ kind: 'replay' });
  });

  it('admits one of a hundred at once with the same key', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, () => admission.admit(keyed())));
    expect(results.filter((result) => result.kind === 'admitted')).toHaveLength(1);
    expect(results.filter((result) => result.kind === 'pending')).toHaveLength(99);
  });

  it('limits requests, and lets replays and pending answers through uncounted', async () => {
    const limited = { requestsPerSecond: 2 };
    await admission.admit({ ...keyed(), ...limited });
    await admission.admit(admissionRequest(limited));
    const refused = await admission.admit(admissionRequest(limited));
    expect(refused).toEqual({ kind: 'rate_limited', retryAfterSeconds: 1, limit: 2 });
    for (let i = 0; i < 5; i++) {
      await expect(admission.admit({ ...keyed(), ...limited })).resolves.toEqual({ kind: 'pending' });
    }
    await expect(admission.admit(admissionRequest({ ...limited, keyId: 'KEY2' }))).resolves.toMatchObject({
      kind: 'admitted',
    });
  });

  it('claims nothing for a request over the limit', async () => {
    await admission.admit(admissionRequest({ requestsPerSecond: 1 }));
    await expect(admission.admit({ ...keyed(), requestsPerSecond: 1 })).resolves.toMatchObject({
      kind: 'rate_limited',
    });
    await expect(admission.admit(keyed())).resolves.toMatchObject({ kind: 'admitted' });
  });

  it('counts no item of a batch as a request, and looks at no recipient of a batch as a whole', async () => {
    const limited = admissionRequest({ requestsPerSecond: 1 });
    const item = admissionRequest({ requestsPerSecond: null });
    for (const count of [1, 2, 3]) {
      await expect(admission.admit(item)).resolves.toMatchObject({ signals: { recipientPerMinute: count } });
    }
    const batch = { ...limited, lookupHash: '', phoneDigits: '' };
    await raw.set(keys.blockedCustomer('cus_1'), '1');
    const signals = { block: 'none', recipientPerMinute: 0, optedOut: false };
    await expect(admission.admit(batch)).resolves.toEqual({ kind: 'admitted', signals });
    await expect(admission.admit(batch)).resolves.toMatchObject({ kind: 'rate_limited' });
    await expect(admission.admit(item)).resolves.toMatchObject({ signals: { block: 'customer' } });
  });

  it('keeps the claim of a request that runs long, and nobody else’s', async () => {
    const [mine, theirs] = [keyed(), keyed()];
    await admission.admit(mine);
    await admission.admit(theirs);
    const key = keys.idempotency('cus_1', 'live', 'messages', 'order-4821');
    await raw.pexpire(key, 1_000);
    await admission.keep(theirs);
    expect(await raw.pttl(key)).toBeLessThanOrEqual(1_000);
    await admission.keep(mine);
    expect(await raw.pttl(key)).toBeGreaterThan(10_000);
    await admission.remember(mine, '{}');
    await raw.pexpire(key, 1_000);
    await admission.keep(mine);
    expect(await raw.pttl(key)).toBeLessThanOrEqual(1_000);
  });

  it('stays within 1 % of the limit over ten seconds, whatever the load', async () => {
    const perSecond = 600;
    const limiter = new RequestLimiter(connection);
    let taken = 0;
    const started = performance.now();
    while (performance.now() - started < 2_000) {
      const waits = await Promise.all(Array.from({ length: 40 }, () => limiter.take('KEY1', perSecond)));
      taken += waits.filter((wait) => wait === 0).length;
    }
    const seconds = (performance.now() - started) / 1_000;
    expect(taken).toBeLessThanOrEqual(perSecond * seconds + perSecond / 10 + 1);
    expect(taken).toBeGreaterThan(perSecond * seconds * 0.9);
  });

  it('forgets an arrival time that a clock set back has left a day ahead', async () => {
    const dayAheadMicros = (Date.now() + 86_400_000) * 1_000;
    await raw.set(keys.rate('KEY1'), String(dayAheadMicros));
    await expect(admission.admit(admissionRequest({ requestsPerSecond: 5 }))).resolves.toMatchObject({
      kind: 'admitted',
    });
  });

  it.each([
    ['customer', () => raw.set(keys.blockedCustomer('cus_1'), '1')],
    ['recipient', () => raw.set(keys.blockedRecipient('cus_1', 'hash1'), '1')],
    ['prefix', () => raw.sadd(keys.blockedPrefixes(null), '254712')],
    ['prefix', () => raw.sadd(keys.blockedPrefixes('cus_1'), '2547')],
  ])('tells a block on the %s', async (block, place) => {
    await place();
    await expect(admission.admit(admissionRequest())).resolves.toMatchObject({ kind: 'admitted', signals: { block } });
    const elsewhere = admissionRequest({ customerId: 'cus_2', phoneDigits: '254733000000' });
    await expect(admission.admit(elsewhere)).resolves.toMatchObject({ signals: { block: 'none' } });
  });

  it('has the blocks written again before it admits anyone to a flushed Redis', async () => {
    await raw.flushdb();
    await expect(admission.admit(admissionRequest())).resolves.toMatchObject({ kind: 'admitted' });
    expect(rewrites).toBe(1);
  });

  it('refuses while the blocks are not known', async () => {
    await raw.flushdb();
    const unread = new RedisAdmission(
      connection,
      [{ rewrite: () => Promise.resolve(true) }, { rewrite: () => Promise.resolve(false) }],
      quiet,
    );
    await expect(unread.admit(admissionRequest())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('runs on when Redis has lost the scripts', async () => {
    await admission.admit(admissionRequest());
    await raw.script('FLUSH');
    await expect(admission.admit(admissionRequest())).resolves.toMatchObject({ kind: 'admitted' });
  });

  it('takes an answer that came while this process was busy', async () => {
    const answer = admission.admit(admissionRequest());
    const until = performance.now() + 400;
    while (performance.now() < until);
    await expect(answer).resolves.toMatchObject({ kind: 'admitted' });
  });

  it('takes an answer that comes soon after this process was busy: until then it could not have been read', async () => {
    await raw.call('CLIENT', 'PAUSE', '500', 'ALL');
    const answer = admission.admit(admissionRequest());
    const until = performance.now() + 400;
    while (performance.now() < until);
    await expect(answer).resolves.toMatchObject({ kind: 'admitted' });
  });

  it('refuses within 250 ms while Redis hangs, and frees the claim that the late script made', async () => {
    const request = keyed();
    await raw.call('CLIENT', 'PAUSE', '1200', 'ALL');
    const started = performance.now();
    await expect(admission.admit(request)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    // Twice the time where this process itself was held up.
    expect(performance.now() - started).toBeLessThan(800);
    await new Promise((resolve) => setTimeout(resolve, 1_400));
    await expect(admission.admit(keyed())).resolves.toMatchObject({ kind: 'admitted' });
  });
});

describe('Redis away', () => {
  it('refuses to admit and lets reads go on by a count of this process', async () => {
    const connection = new RedisConnection('redis://127.0.0.1:1', quiet);
    const admission = new RedisAdmission(connection, [{ rewrite: () => Promise.resolve(true) }], quiet);
    await expect(admission.admit(admissionRequest())).rejects.toMatchObject({ code: 'unavailable' });
    const limiter = new RequestLimiter(connection);
    const waits = [];
    for (let i = 0; i < 12; i++) waits.push(await limiter.take('KEY1', 10));
    expect(waits.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(waits.at(-1)).toBeGreaterThan(0);
    connection.close();
  });
});
