import type { Redis } from 'ioredis';
import type { MessageEvent } from '../../../src/domain/message/events';
import { emptyTally, WINDOW_MINUTES, type MinuteTally } from '../../../src/domain/routing/window';
import { PostgresSampleHistory } from '../../../src/infrastructure/redis/postgres-sample-history';
import { RedisConnection } from '../../../src/infrastructure/redis/redis-connection';
import { RedisHealthSamples, type SampleHistory } from '../../../src/infrastructure/redis/redis-health-samples';
import { messageAttemptsProjection } from '../../../src/projections/message-attempts/message-attempts.projection';
import { messageEvents, queued } from '../../support/message-events';
import { applyTwice, migratedDatabase, TestLog, type MigratedDatabase } from '../../support/projection-spec';
import { emptyRedis, quiet } from './redis-fixture';

const NOW = Date.parse('2026-11-22T06:05:30.000Z');
const MINUTE = Math.floor(Date.parse('2026-11-22T06:00:01.000Z') / 60_000);
const NOW_MINUTE = Math.floor(NOW / 60_000);
const nothing: SampleHistory = {
  minutesSince: () => Promise.resolve([]),
  hoursSince: () => Promise.resolve([]),
};

describe('counts of the providers’ health in Redis', () => {
  let raw: Redis;
  let connection: RedisConnection;
  const of = (history: SampleHistory = nothing): RedisHealthSamples =>
    new RedisHealthSamples(connection, history, () => NOW, quiet);
  const window = (samples: RedisHealthSamples) => samples.minutes('sim-tier_1', NOW_MINUTE - 14, NOW_MINUTE);

  beforeAll(async () => {
    const redis = await emptyRedis();
    raw = redis.raw;
    connection = new RedisConnection(redis.url, quiet);
    await new Promise((resolve) => connection.redis.once('ready', resolve));
  });
  beforeEach(() => raw.flushdb());
  afterAll(() => {
    raw.disconnect();
    connection.close();
  });

  it('adds up what several processes saw', async () => {
    const counts: Partial<MinuteTally> = { attempts: 1, accepted: 1 };
    const processes = [of(), of()];
    for (const [i, samples] of processes.entries()) {
      for (let n = 0; n <= i; n++) {
        const at = { provider: 'sim-tier_1', minute: MINUTE };
        samples.add({ ...at, customerId: 'cus_1', network: '63902', counts });
        samples.add({ ...at, customerId: `cus_${i}2`, network: '63902', counts: { delivered: 1 } });
        samples.add({ ...at, customerId: 'cus_1', network: null, counts });
      }
      await samples.stop();
    }
    const rows = await window(of());
    const ofSafaricom = { ...emptyTally, minute: MINUTE, network: '63902' };
    expect(rows).toHaveLength(4);
    expect(rows).toContainEqual({ ...ofSafaricom, customerId: 'cus_1', attempts: 3, accepted: 3 });
    expect(rows).toContainEqual({ ...ofSafaricom, customerId: 'cus_12', delivered: 2 });
    expect(rows).toContainEqual({ ...ofSafaricom, customerId: 'cus_1', network: null, attempts: 3, accepted: 3 });
    const day = await of().day('sim-tier_1', MINUTE + WINDOW_MINUTES);
    expect(day).toHaveLength(2);
    expect(day).toContainEqual({ network: '63902', due: 3, delivered: 3 });
    expect(day).toContainEqual({ network: null, due: 3, delivered: 0 });
    expect(await of().anySince(NOW_MINUTE)).toBe(true);
    expect(await of().anySince(NOW_MINUTE + 1)).toBe(false);
  });

  it('does not take what is judged into the day that it is compared with', async () => {
    const samples = of();
    const counts = { attempts: 10, accepted: 10 };
    const toAirtel = { provider: 'sim-tier_1', customerId: 'cus_1', network: '63903' };
    samples.add({ ...toAirtel, minute: NOW_MINUTE, counts });
    samples.add({ ...toAirtel, minute: MINUTE, counts: { ...counts, delivered: 9 } });
    await samples.stop();
    expect(await samples.day('sim-tier_1', MINUTE + WINDOW_MINUTES - 1)).toEqual([]);
    const rate = [{ network: '63903', due: 10, delivered: 9 }];
    expect(await samples.day('sim-tier_1', MINUTE + WINDOW_MINUTES)).toEqual(rate);
  });

  it('lets everything end by itself', async () => {
    const samples = of();
    const counts = { attempts: 1, accepted: 1 };
    samples.add({ provider: 'p', customerId: 'c', network: null, minute: MINUTE, counts });
    await samples.stop();
    const names = (await raw.keys('waht:health:*')).filter((name) => name !== 'waht:health:written');
    expect(names).toHaveLength(3);
    for (const name of names) expect(await raw.ttl(name)).toBeGreaterThan(0);
  });

  describe('after Redis has lost them', () => {
    let db: MigratedDatabase;
    beforeAll(async () => {
      db = await migratedDatabase();
      const log = new TestLog();
      const say = (n: number, ...events: MessageEvent[]): void => {
        const network = n === 4 ? '63903' : '63902';
        for (const event of [queued(n, { network }), ...events]) log.append(messageEvents(n).stream, event);
      };
      const m = messageEvents;
      say(1, m(1).started(), m(1).dispatched(), m(1).delivered());
      say(2, m(2).started(), m(2).dispatched());
      say(3, m(3).started(), m(3).unknown());
      say(4, m(4).started(), m(4).refused());
      say(5, m(5).started());
      await applyTwice(db.database, messageAttemptsProjection, log.all, 'one by one');
    });
    afterAll(() => db.close());

    it('makes them again from the read model, once', async () => {
      const samples = of(new PostgresSampleHistory(db.database));
      await samples.anySince(0);
      const rows = await window(samples);
      expect(rows).toHaveLength(2);
      const [safaricom, airtel] = ['63902', '63903'].map((network) => rows.find((row) => row.network === network));
      const counts = { attempts: 3, accepted: 2, timeouts: 1, delivered: 1, excused: 0 };
      expect(safaricom).toMatchObject({ minute: MINUTE, ...counts });
      expect(airtel).toMatchObject({ minute: MINUTE, attempts: 1, accepted: 0, timeouts: 0 });
      await samples.anySince(0);
      expect(await window(samples)).toEqual(rows);
      const later = await samples.day('sim-tier_1', MINUTE + WINDOW_MINUTES);
      expect(later).toEqual([{ network: '63902', due: 2, delivered: 1 }]);
    });
  });
});
