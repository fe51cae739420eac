import type { Logger } from '../../src/application/ports/logger';
import type { Metrics } from '../../src/application/ports/metrics';
import {
  ConnectionSource,
  GENERATION_OF_SUBSCRIPTIONS,
  GENERATION_OF_WRITES,
} from '../../src/infrastructure/event-store/connection/connection-source';
import { EventStoreAdapter } from '../../src/infrastructure/event-store/event-store-adapter';
import { LogIntegrity } from '../../src/infrastructure/event-store/integrity/log-integrity';
import { EventCodec } from '../../src/infrastructure/event-store/registry/event-codec';
import { eventRegistry } from '../../src/infrastructure/event-store/registry/event-registry';
import { SubscriptionsAdapter } from '../../src/infrastructure/event-store/subscriptions-adapter';

/** What was logged, for tests that look. */
export class MemoryLogger implements Logger {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
  child(): Logger {
    return this;
  }
}

/** What was counted, as lines of name and labels; times left out. */
export class MemoryMetrics implements Metrics {
  readonly appends: string[] = [];
  readonly lags: { projection: string; ms: number }[] = [];
  readonly undecodables: string[] = [];
  readonly others: string[] = [];
  mismatch = false;
  appendObserved(_ms: number, outcome: string): void {
    this.appends.push(outcome);
  }
  projectionLag(projection: string, ms: number): void {
    this.lags.push({ projection, ms });
  }
  projectionBacklog(projection: string, events: number): void {
    this.others.push(`${projection} backlog ${events}`);
  }
  projectionParked(projection: string, streams: number): void {
    this.others.push(`${projection} parked ${streams}`);
  }
  projectionsLeft(projections: readonly string[]): void {
    this.others.push(`left ${projections.join()}`);
  }
  undecodable(projection: string, problem: string): void {
    this.undecodables.push(`${projection} ${problem}`);
  }
  inbound(provider: string, outcome: string): void {
    this.others.push(`inbound ${provider} ${outcome}`);
  }
  providerAnswer(provider: string, kept: boolean): void {
    this.others.push(`answer ${provider} ${kept ? 'kept' : 'counted'}`);
  }
  walletConflict(): void {
    this.others.push('walletConflict');
  }
  walletBatch(): void {
    this.others.push('walletBatch');
  }
  dispatch(): void {
    this.others.push('dispatch');
  }
  report(): void {
    this.others.push('report');
  }
  requestObserved(): void {
    this.others.push('requestObserved');
  }
  workerInFlight(group: string, n: number): void {
    this.others.push(`${group} ${n}`);
  }
  refused(): void {
    this.others.push('refused');
  }
  providerScore(): void {
    this.others.push('providerScore');
  }
  accessDropped(calls: number): void {
    this.others.push(`accessDropped ${calls}`);
  }
  headRefused(): void {
    this.others.push('headRefused');
  }
  logMismatch(found: boolean): void {
    this.mismatch = found;
  }
  snapshotDiscarded(): void {
    this.others.push('snapshotDiscarded');
  }
}

/** Both adapters over one store, with what they logged and counted. */
export class AdapterUnderTest {
  readonly logger = new MemoryLogger();
  readonly metrics = new MemoryMetrics();
  readonly integrity = new LogIntegrity(this.logger, this.metrics);
  readonly store: EventStoreAdapter;
  readonly subscriptions: SubscriptionsAdapter;

  constructor(url: string, codec = new EventCodec(eventRegistry)) {
    const { logger, metrics, integrity } = this;
    this.store = new EventStoreAdapter(
      new ConnectionSource(url, logger, GENERATION_OF_WRITES),
      codec,
      metrics,
      integrity,
    );
    const connections = new ConnectionSource(url, logger, GENERATION_OF_SUBSCRIPTIONS);
    this.subscriptions = new SubscriptionsAdapter({ connections, codec, metrics, logger, integrity });
  }

  async close(): Promise<void> {
    await this.subscriptions.close();
    this.store.close();
  }
}
