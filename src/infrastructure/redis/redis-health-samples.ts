import type { HealthSamples, Sampled } from '../../application/ports/health-samples';
import type { Logger } from '../../application/ports/logger';
import type { Baseline } from '../../domain/routing/score';
import {
  emptyTally,
  REPORT_MATURES_AFTER_MINUTES,
  WINDOW_MINUTES,
  type MinuteOfCustomer,
  type MinuteTally,
} from '../../domain/routing/window';
import { keys } from './keys';
import type { RedisConnection } from './redis-connection';

const FLUSH_EVERY_MS = 1_000;
const MINUTES_KEPT_SECONDS = (WINDOW_MINUTES + 5) * 60;
const HOURS_KEPT_SECONDS = 26 * 3_600;
const HOURS = 24;
/** Counts that could not be passed on for so long are of a time that nobody scores any more. */
const MOST_WAITING = 50_000;

const COUNTERS = Object.keys(emptyTally) as (keyof MinuteTally)[];
/** What the day's rate is made of. */
const OF_THE_DAY: readonly (keyof MinuteTally)[] = ['accepted', 'delivered', 'excused'];

/** Makes the counts again after Redis has lost them. */
export interface SampleHistory {
  /** Every provider's minutes from this one on (minutes since the epoch). */
  minutesSince(minute: number): Promise<(MinuteOfCustomer & { readonly provider: string })[]>;
  /** Every provider's hours from this one on (hours since the epoch). */
  hoursSince(
    hour: number,
  ): Promise<{ provider: string; hour: number; accepted: number; delivered: number; excused: number }[]>;
}

/**
 * Counts of attempts and reports in Redis, by provider and minute, and by hour for the day's rate. Each process adds up what it
 * sees for a second and passes it on in one go.
 */
export class RedisHealthSamples implements HealthSamples {
  /** By key and field. */
  private pending = new Map<string, Map<string, number>>();
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: RedisConnection,
    private readonly history: SampleHistory,
    private readonly now: () => number,
    private readonly logger: Logger,
  ) {}

  add({ provider, customerId, minute, counts }: Sampled): void {
    for (const counter of COUNTERS) {
      const by = counts[counter] ?? 0;
      if (by === 0) continue;
      this.count(keys.healthMinute(provider, minute), `${customerId}:${counter}`, by);
      if (OF_THE_DAY.includes(counter)) this.count(keys.healthHour(provider, Math.floor(minute / 60)), counter, by);
    }
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flushing = this.flush();
    }, FLUSH_EVERY_MS);
  }

  async anySince(minute: number): Promise<boolean> {
    await this.ensureWritten();
    const last = await this.connection.run((redis) => redis.get(keys.healthLast));
    return last !== null && Number(last) >= minute;
  }

  async minutes(provider: string, fromMinute: number, toMinute: number): Promise<MinuteOfCustomer[]> {
    const wanted = Array.from({ length: toMinute - fromMinute + 1 }, (_, i) => fromMinute + i);
    const found = await this.hashes(wanted.map((minute) => keys.healthMinute(provider, minute)));
    return wanted.flatMap((minute, i) => minuteRows(minute, found[i] ?? {}));
  }

  async baseline(provider: string, nowMinute: number): Promise<Baseline> {
    const thisHour = Math.floor(nowMinute / 60);
    const hours = Array.from({ length: HOURS }, (_, i) => keys.healthHour(provider, thisHour - i));
    const [found, young] = await Promise.all([
      this.hashes(hours),
      this.minutes(provider, nowMinute - REPORT_MATURES_AFTER_MINUTES, nowMinute),
    ]);
    let [due, delivered] = [0, 0];
    for (const hour of found) {
      due += numberAt(hour, 'accepted') - numberAt(hour, 'excused');
      delivered += numberAt(hour, 'delivered');
    }
    for (const row of young) {
      due -= row.accepted - row.excused;
      delivered -= row.delivered;
    }
    // What is counted twice or late must not make more deliveries than there were messages.
    const most = Math.max(0, due);
    return { due: most, delivered: Math.min(Math.max(0, delivered), most) };
  }

  /** Passes on what was counted last. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.flushing;
    await this.flush();
  }

  private count(key: string, field: string, by: number): void {
    let fields = this.pending.get(key);
    if (fields === undefined) {
      fields = new Map();
      this.pending.set(key, fields);
    }
    fields.set(field, (fields.get(field) ?? 0) + by);
  }

  private async flush(): Promise<void> {
    if (this.pending.size === 0) return;
    const passing = this.pending;
    this.pending = new Map();
    try {
      await this.ensureWritten();
      await this.write(passing, Math.floor(this.now() / 60_000));
    } catch (error) {
      this.logger.debug({ err: error }, 'counts for the providers’ health wait for Redis');
      this.keep(passing);
    }
  }

  private keep(counts: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    for (const [key, fields] of counts) {
      if (this.pending.size >= MOST_WAITING) return;
      for (const [field, by] of fields) this.count(key, field, by);
    }
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flushing = this.flush();
    }, FLUSH_EVERY_MS);
  }

  private async write(counts: ReadonlyMap<string, ReadonlyMap<string, number>>, minute: number | null): Promise<void> {
    await this.connection.run(async (redis) => {
      const work = redis.multi();
      for (const [key, fields] of counts) {
        for (const [field, by] of fields) work.hincrby(key, field, by);
        work.expire(key, key.startsWith(keys.healthHours) ? HOURS_KEPT_SECONDS : MINUTES_KEPT_SECONDS);
      }
      if (minute !== null) work.set(keys.healthLast, String(minute), 'EX', MINUTES_KEPT_SECONDS);
      await work.exec();
    });
  }

  /** After a flush of Redis: from the read model of attempts, which is made from the log. */
  private async ensureWritten(): Promise<void> {
    const isFirst = await this.connection.run((redis) => redis.set(keys.healthWritten, '1', 'NX'));
    if (isFirst === null) return;
    try {
      await this.rebuild();
    } catch (error) {
      await this.connection.run((redis) => redis.del(keys.healthWritten));
      throw error;
    }
  }

  private async rebuild(): Promise<void> {
    const nowMinute = Math.floor(this.now() / 60_000);
    const [minutes, hours] = await Promise.all([
      this.history.minutesSince(nowMinute - WINDOW_MINUTES),
      this.history.hoursSince(Math.floor(nowMinute / 60) - HOURS + 1),
    ]);
    const counts = new Map<string, Map<string, number>>();
    for (const { provider, minute, customerId, ...tally } of minutes) {
      const fields = counts.get(keys.healthMinute(provider, minute)) ?? new Map<string, number>();
      for (const counter of COUNTERS) {
        if (tally[counter] > 0) fields.set(`${customerId}:${counter}`, tally[counter]);
      }
      counts.set(keys.healthMinute(provider, minute), fields);
    }
    for (const { provider, hour, ...sums } of hours) {
      counts.set(keys.healthHour(provider, hour), new Map(Object.entries(sums).filter(([, sum]) => sum > 0)));
    }
    const last = minutes.reduce((latest, { minute }) => Math.max(latest, minute), 0);
    await this.write(counts, last === 0 ? null : last);
    this.logger.info({ minutes: minutes.length, hours: hours.length }, 'counts of the providers’ health made again');
  }

  private async hashes(names: readonly string[]): Promise<Record<string, string>[]> {
    const answers = await this.connection.run(async (redis) => {
      const work = redis.pipeline();
      for (const name of names) work.hgetall(name);
      return work.exec();
    });
    return (answers ?? []).map(([error, value]) => {
      if (error !== null) throw error;
      return value as Record<string, string>;
    });
  }
}

const numberAt = (hash: Readonly<Record<string, string>>, field: string): number => Number(hash[field] ?? 0);

function minuteRows(minute: number, hash: Readonly<Record<string, string>>): MinuteOfCustomer[] {
  const byCustomer = new Map<string, Partial<Record<keyof MinuteTally, number>>>();
  for (const [field, value] of Object.entries(hash)) {
    const cut = field.lastIndexOf(':');
    const counter = COUNTERS.find((one) => one === field.slice(cut + 1));
    if (counter === undefined) continue;
    const customerId = field.slice(0, cut);
    byCustomer.set(customerId, { ...byCustomer.get(customerId), [counter]: Number(value) });
  }
  return [...byCustomer].map(([customerId, counts]) => ({ ...emptyTally, ...counts, minute, customerId }));
}
