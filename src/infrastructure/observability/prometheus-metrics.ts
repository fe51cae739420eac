import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../../application/ports/metrics';
import { ProcessGauges } from './process-gauges';

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 200];

/** Counts for Prometheus, under `waht_`. Labels come from small closed sets: never an id of a customer or a message. */
export class PrometheusMetrics implements Metrics {
  readonly registry = new Registry();
  private readonly gauges = new ProcessGauges(this.registry);

  private readonly requests = new Histogram({
    name: 'waht_http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer, by route pattern and status.',
    labelNames: ['route', 'status'],
    buckets: LATENCY_SECONDS,
    registers: [this.registry],
  });

  private readonly appends = new Histogram({
    name: 'waht_event_append_seconds',
    help: 'Time of an append to the event store, by outcome.',
    labelNames: ['outcome'],
    buckets: LATENCY_SECONDS,
    registers: [this.registry],
  });

  private readonly walletConflicts = new Counter({
    name: 'waht_wallet_conflicts_total',
    help: 'Appends to a wallet that met a newer revision and were decided again.',
    registers: [this.registry],
  });

  private readonly walletBatches = new Histogram({
    name: 'waht_wallet_batch_commands',
    help: 'Commands committed to a wallet in one append.',
    buckets: BATCH_SIZES,
    registers: [this.registry],
  });

  private readonly dispatches = new Counter({
    name: 'waht_dispatch_total',
    help: "Calls to a provider's account by result and failure class.",
    labelNames: ['provider', 'result', 'class'],
    registers: [this.registry],
  });

  private readonly reports = new Counter({
    name: 'waht_delivery_reports_total',
    help: "Delivery reports by provider's account and what became of them.",
    labelNames: ['provider', 'outcome'],
    registers: [this.registry],
  });

  private readonly inboundTexts = new Counter({
    name: 'waht_inbound_texts_total',
    help: "Texts of people, and opt-outs that a provider told of, by provider's account and what became of them.",
    labelNames: ['provider', 'outcome'],
    registers: [this.registry],
  });

  private readonly providerAnswers = new Counter({
    name: 'waht_provider_answers_total',
    help: "Answers to a send that are not in the provider's contract or say no more than an HTTP status, by account and whether they were kept.",
    labelNames: ['provider', 'kept'],
    registers: [this.registry],
  });

  private readonly lags = new Gauge({
    name: 'waht_projection_lag_seconds',
    help: 'How far a reader of the log is behind: age of the oldest event that it has still to handle, 0 where there is none.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly backlogs = new Gauge({
    name: 'waht_projection_lag_events',
    help: 'Events of the log that a projection has still to handle; counted up to 10 000.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly parked = new Gauge({
    name: 'waht_projection_parked_streams',
    help: 'Streams that a projection holds back because of an event that it cannot apply.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly undecodables = new Counter({
    name: 'waht_undecodable_events_total',
    help: 'Stored events that could not be decoded, by reader and problem.',
    labelNames: ['projection', 'problem'],
    registers: [this.registry],
  });

  private readonly workers = new Gauge({
    name: 'waht_worker_in_flight',
    help: 'Events in hand in this process, by persistent group.',
    labelNames: ['group'],
    registers: [this.registry],
  });

  private readonly scores = new Gauge({
    name: 'waht_provider_score',
    help: 'Health of a provider over the last 15 minutes, 0 to 100: of all it carries, -1 with too few attempts to say, and by the recipients’ network (MCC and MNC) where there are enough. Kept by the process that scores.',
    labelNames: ['provider', 'network'],
    registers: [this.registry],
  });

  private readonly refusals = new Counter({
    name: 'waht_refused_total',
    help: 'Requests refused, by error code.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  private readonly accessDrops = new Counter({
    name: 'waht_access_log_dropped_total',
    help: 'Refused calls that could not be kept in the access log: Postgres was away for longer than the queue holds.',
    registers: [this.registry],
  });

  private readonly headRefusals = new Counter({
    name: 'waht_audit_heads_refused_total',
    help: 'Times that no head was signed because a log does not follow from what was signed before. Run waht audit verify.',
    registers: [this.registry],
  });

  private readonly mismatch = new Gauge({
    name: 'waht_event_log_mismatch',
    help: '1 where the event log is not the one that the read models were made from: writes are refused until rebuilt.',
    registers: [this.registry],
  });

  private readonly snapshotsDiscarded = new Counter({
    name: 'waht_snapshots_discarded_total',
    help: 'Kept states of streams that were ahead of their stream, or of another one, and were thrown away.',
    registers: [this.registry],
  });

  appendObserved(ms: number, outcome: 'ok' | 'conflict' | 'unavailable'): void {
    this.appends.observe({ outcome }, ms / 1_000);
  }

  walletConflict(): void {
    this.walletConflicts.inc();
  }

  walletBatch(commands: number): void {
    this.walletBatches.observe(commands);
  }

  dispatch(provider: string, result: 'accepted' | 'refused' | 'unknown', failureClass: string): void {
    this.dispatches.inc({ provider, result, class: failureClass });
  }

  report(provider: string, outcome: 'matched' | 'stray' | 'duplicate' | 'parked'): void {
    this.reports.inc({ provider, outcome });
  }

  inbound(provider: string, outcome: 'received' | 'opted_out' | 'duplicate' | 'parked' | 'stray' | 'unreadable'): void {
    this.inboundTexts.inc({ provider, outcome });
  }

  providerAnswer(provider: string, kept: boolean): void {
    this.providerAnswers.inc({ provider, kept: String(kept) });
  }

  requestObserved(route: string, status: number, ms: number): void {
    this.requests.observe({ route, status }, ms / 1_000);
  }

  projectionLag(projection: string, ms: number): void {
    this.lags.set({ projection }, ms / 1_000);
  }

  projectionBacklog(projection: string, events: number): void {
    this.backlogs.set({ projection }, events);
  }

  projectionParked(projection: string, streams: number): void {
    this.parked.set({ projection }, streams);
  }

  projectionsLeft(projections: readonly string[]): void {
    for (const projection of projections) {
      for (const gauge of [this.lags, this.backlogs, this.parked]) gauge.remove({ projection });
    }
  }

  undecodable(projection: string, problem: string): void {
    this.undecodables.inc({ projection, problem });
  }

  workerInFlight(group: string, n: number): void {
    this.workers.set({ group }, n);
  }

  refused(code: string): void {
    this.refusals.inc({ code });
  }

  providerScore(provider: string, network: string | null, score: number | null): void {
    if (network !== null && score === null) this.scores.remove({ provider, network });
    else this.scores.set({ provider, network: network ?? 'all' }, score ?? -1);
  }

  accessDropped(calls: number): void {
    this.accessDrops.inc(calls);
  }

  headRefused(): void {
    this.headRefusals.inc();
  }

  logMismatch(found: boolean): void {
    this.mismatch.set(found ? 1 : 0);
  }

  snapshotDiscarded(): void {
    this.snapshotsDiscarded.inc();
  }

  /** The exposition text and its media type. */
  async exposition(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  stop(): void {
    this.gauges.stop();
  }
}
