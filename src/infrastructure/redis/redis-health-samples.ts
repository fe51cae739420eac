import type { HealthSamples, Sampled } from '../../application/ports/health-samples';
import type { Logger } from '../../application/ports/logger';
import type { DayOfNetwork } from '../../domain/routing/breakdown';
import { firstOfWindow, WINDOW_MINUTES, type MinuteOfCustomer } from '../../domain/routing/window';
import { COUNTERS, DayOfProvider, hourField, isOfTheDay, minuteField, minuteRows, OF_THE_DAY } from './health-fields';
import { keys } from './keys';
import type { RedisConnection } from './redis-connection';

const FLUSH_EVERY_MS = 1_000;
const MINUTES_KEPT_SECONDS = (WINDOW_MINUTES + 5) * 60;
const HOURS_KEPT_SECONDS = 26 * 3_600;
const HOURS = 24;
/** Counts that could not be passed on for so long are of a time that nobody scores any more. */
const MOST_WAITING = 50_000;

/** Makes the counts again after Redis has lost them. */
export interface SampleHistory {
  /** Every provider's minutes from this one on (minutes since the epoch). */
  minutesSince(minute: number): Promise<(MinuteOfCustomer & { readonly provider: string })[]>;
  /** Every provider's hours from this one on (hours since the epoch). */
  hoursSince(hour: number): Promise<HourOfNetwork[]>;
}

export interface HourOfNetwork {
  readonly provider: string;
  /** Hours since the epoch. */
  readonly hour: number;
  readonly network: string | null;
  readonly accepted: number;
  readonly delivered: number;
  readonly excused: number;
}

/**
 * Counts of attempts and reports in Redis, by provider and minute, and by hour for the day's rate; in both by network. Each process adds up what it
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

  add({ provider, customerId, network, minute, counts }: Sampled): void {
    for (const counter of COUNTERS) {
      const by = counts[counter] ?? 0;
      if (by === 0) continue;
      this.count(keys.healthMinute(provider, minute), minuteField(customerId, network, counter), by);
      if (!isOfTheDay(counter)) continue;
      this.count(keys.healthHour(provider, Math.floor(minute / 60)), hourField(network, counter), by);
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

  async day(provider: string, nowMinute: number): Promise<DayOfNetwork[]> {
    const thisHour = Math.floor(nowMinute / 60);
    const hours = Array.from({ length: HOURS }, (_, i) => keys.healthHour(provider, thisHour - i));
    const [found, judged] = await Promise.all([
      this.hashes(hours),
      this.minutes(provider, firstOfWindow(nowMinute), nowMinute),
    ]);
    const day = new DayOfProvider();
    for (const hour of found) day.addHour(hour);
    for (const row of judged) day.leaveOut(row);
    return day.networks();
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
    const put = (key: string, field: string, sum: number): void => {
      if (sum > 0) counts.set(key, (counts.get(key) ?? new Map<string, number>()).set(field, sum));
    };
    for (const { provider, minute, customerId, network, ...tally } of minutes) {
      const key = keys.healthMinute(provider, minute);
      for (const counter of COUNTERS) put(key, minuteField(customerId, network, counter), tally[counter]);
    }
    for (const { provider, hour, network, ...sums } of hours) {
      const key = keys.healthHour(provider, hour);
      for (const counter of OF_THE_DAY) put(key, hourField(network, counter), sums[counter]);
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
