import { setTimeout as delay } from 'node:timers/promises';
import type { AccessLog, RefusedCall } from '../../application/ports/access-log';
import type { Clock } from '../../application/ports/clock';
import type { IdSource } from '../../application/ports/id-source';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';
import type { Database } from '../postgres/database';
import type { AccessFacts } from './access-row';
import { appendAccess } from './access-table';

export interface AccessLogSettings {
  /** Calls that wait at most: what comes on top is counted and not kept. */
  readonly mostWaiting: number;
  /** A transaction. */
  readonly mostABatch: number;
  /** How long the first of a batch waits for others, milliseconds. */
  readonly lingerMs: number;
  /** After the first failure in a row, milliseconds; doubles up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** What closing may take, milliseconds. */
  readonly closeWithinMs: number;
}

export const ACCESS_LOG_SETTINGS: AccessLogSettings = {
  mostWaiting: 10_000,
  mostABatch: 1_000,
  lingerMs: 250,
  firstPauseMs: 250,
  longestPauseMs: 5_000,
  closeWithinMs: 3_000,
};

/**
 * Writes refused calls behind the answers' backs: they wait in memory, at most so many, and go to Postgres in batches. While
 * Postgres is away they keep waiting; what finds no room is counted, in a metric at once and in a row of the log as soon as
 * one can be written. A process that is killed loses what it had not written yet, a quarter of a second's worth.
 */
export class AccessLogWriter implements AccessLog {
  private waiting: AccessFacts[] = [];
  private dropped = 0;
  private droppedSince = '';
  /** The row that stands for what was dropped: the same at every try. */
  private gap: AccessFacts | null = null;
  private running: Promise<void> | null = null;
  private lingering: AbortController | null = null;
  private closing = false;
  private readonly closed = new AbortController();

  constructor(
    private readonly parts: {
      readonly database: Pick<Database, 'transaction'>;
      readonly clock: Pick<Clock, 'iso'>;
      readonly ids: Pick<IdSource, 'uuid'>;
      readonly metrics: Pick<Metrics, 'accessDropped'>;
      readonly logger: Logger;
    },
    private readonly settings: AccessLogSettings = ACCESS_LOG_SETTINGS,
  ) {}

  note(call: RefusedCall): void {
    if (this.waiting.length >= this.settings.mostWaiting) {
      if (this.dropped === 0) this.droppedSince = this.parts.clock.iso();
      this.dropped += 1;
      this.parts.metrics.accessDropped(1);
      return;
    }
    this.waiting.push({
      id: this.parts.ids.uuid(),
      at: this.parts.clock.iso(),
      request_id: call.requestId,
      method: call.method,
      route: call.route,
      status: call.status,
      code: call.code,
      reason: call.reason,
      customer_id: call.customerId,
      key_id: call.keyId,
      resource: call.resource,
      count: 1,
    });
    this.running ??= this.run();
  }

  /** Writes what waits, as long as it may take; the rest is lost, and said to be. */
  async close(): Promise<void> {
    this.closing = true;
    const late = setTimeout(() => this.closed.abort(), this.settings.closeWithinMs);
    this.lingering?.abort();
    await this.running;
    clearTimeout(late);
    if (this.waiting.length === 0) return;
    this.parts.metrics.accessDropped(this.waiting.length);
    this.parts.logger.error({ calls: this.waiting.length }, 'refused calls could not be kept: Postgres is away');
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (this.waiting.length > 0 && !this.closed.signal.aborted) {
      await this.pause(failures === 0 ? this.settings.lingerMs : this.pauseAfter(failures), failures > 0);
      try {
        await this.writeBatch();
        failures = 0;
      } catch (error) {
        failures += 1;
        const fields = { err: error, waiting: this.waiting.length, dropped: this.dropped + (this.gap?.count ?? 0) };
        this.parts.logger.warn(fields, 'refused calls wait: the access log cannot be written');
      }
    }
    this.running = null;
  }

  private async writeBatch(): Promise<void> {
    const batch = this.waiting.slice(0, this.settings.mostABatch);
    if (this.dropped > 0 && this.gap === null) {
      this.gap = this.gapOf(this.dropped);
      this.dropped = 0;
    }
    const rows = this.gap === null ? batch : [...batch, this.gap];
    await this.parts.database.transaction((sql) => appendAccess(sql, rows));
    this.waiting = this.waiting.slice(batch.length);
    this.gap = null;
  }

  /** Says in the log itself that something is missing from it. */
  private gapOf(count: number): AccessFacts {
    const nobody = { customer_id: null, key_id: null, resource: null };
    const what = { request_id: '', method: '', route: '', status: 0, code: 'dropped', reason: 'dropped' };
    return { id: this.parts.ids.uuid(), at: this.droppedSince, ...what, ...nobody, count };
  }

  private pauseAfter(failures: number): number {
    const { firstPauseMs, longestPauseMs } = this.settings;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20));
  }

  /** Closing cuts a wait for others short, and in the end a wait for Postgres too. */
  private async pause(ms: number, forPostgres: boolean): Promise<void> {
    if (this.closing && !forPostgres) return;
    const lingering = new AbortController();
    this.lingering = lingering;
    const signal = forPostgres ? this.closed.signal : AbortSignal.any([lingering.signal, this.closed.signal]);
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.lingering = null;
    }
  }
}
