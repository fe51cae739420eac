import type { LogMismatch, LogPosition } from '../../../application/ports/event-store';
import type { Logger } from '../../../application/ports/logger';
import type { Metrics } from '../../../application/ports/metrics';
import type { CatchUpOptions, CatchUpSubscription, FeedItem } from '../../../application/ports/subscriptions';
import type { Connection } from '../connection/connection';
import type { ConnectionSource } from '../connection/connection-source';
import { grpcFailure, isConnectionLost } from '../reads/grpc-failure';
import type { LogIntegrity } from '../integrity/log-integrity';
import type { EventCodec } from '../registry/event-codec';
import type { ReadResponse, StoredEvent } from '../wire/stored-event';
import { BackOff } from './back-off';
import { Batcher } from './batcher';
import { CatchUpCall } from './catch-up-call';
import { raiseDefect } from './defect';
import { assertInLog, PositionNotInLog } from './position-check';
import { positionText } from './positions';
import { WakeUp } from './wake-up';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
const LAG_EVERY_MS = 5_000;
/** `onBatch` threw: the connection has nothing to do with it. */
class BatchFailure extends Error {
  constructor(cause: Error) {
    super(`the batch was not handled: ${cause.message}`, { cause });
    this.name = 'BatchFailure';
  }
}

export interface FeedParts {
  readonly connections: ConnectionSource;
  readonly codec: EventCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly integrity: LogIntegrity;
}

/** One reader of `$all` for ever: subscribes, hands out batches, and subscribes again after whatever ended it. */
export class CatchUpFeed implements CatchUpSubscription {
  private handledUpTo: LogPosition | null;
  /** The last event handled; null where that was before this process. */
  private lastHandled: { readonly position: LogPosition; readonly eventId: string } | null = null;
  private resumeFrom: LogPosition | null;
  private live = false;
  private stopped = false;
  private currentAtMs = Date.now();
  private batcher: Batcher | null = null;
  private call: CatchUpCall | null = null;
  private readonly backOff = new BackOff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  private readonly wakeUp = new WakeUp();
  private readonly lagTimer: NodeJS.Timeout;
  /** Begun when the log was known to be another, and at its first event: read models are being made from it anew. */
  private readonly readsAnew: boolean;
  private readonly running: Promise<void>;
  private readonly forgetIntegrity: () => void;

  constructor(
    private readonly options: CatchUpOptions,
    private readonly parts: FeedParts,
  ) {
    this.readsAnew = options.from === null && parts.integrity.mismatch !== null;
    this.handledUpTo = options.from;
    this.resumeFrom = options.from;
    this.lagTimer = setInterval(() => this.reportLag(), LAG_EVERY_MS);
    this.lagTimer.unref();
    this.running = this.run().catch((error: unknown) => {
      this.live = false;
      parts.logger.error({ feed: options.name, cause: String(error) }, 'a feed of the log broke');
      raiseDefect(error);
    });
    this.forgetIntegrity = parts.integrity.onBroken(() => void (this.readsAnew || this.interrupt()));
  }

  get position(): LogPosition | null {
    return this.handledUpTo;
  }

  isLive(): boolean {
    return this.live;
  }

  lagMs(): number {
    const oldest = this.batcher?.oldestCreated() ?? null;
    if (oldest !== null) return Math.max(0, Date.now() - Date.parse(oldest));
    return this.live ? 0 : Math.max(0, Date.now() - this.currentAtMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.lagTimer);
    this.forgetIntegrity();
    this.interrupt();
    await this.running;
  }

  /** Resolves when it has ended, by `stop` or for good. */
  get ended(): Promise<void> {
    return this.running;
  }

  private interrupt(): void {
    this.wakeUp.wakeAll();
    this.call?.cancel();
  }

  private async run(): Promise<void> {
    const { integrity, connections } = this.parts;
    while (!this.stopped) {
      // Found by another feed, or by the watch: this one may stand where the logs are still the same, and must not go on.
      if (integrity.mismatch !== null && !this.readsAnew) return this.halt(integrity.mismatch);
      const connection = connections.current;
      try {
        await this.session(connection);
      } catch (error) {
        if (error instanceof PositionNotInLog) return this.halt(integrity.broken(error.message));
        if (!this.stopped) await this.pauseAfter(error, connection);
      }
    }
    this.live = false;
  }

  private async session(connection: Connection): Promise<void> {
    const from = this.resumeFrom;
    if (from !== null) await this.assertInLog(connection, from);
    const call = new CatchUpCall(connection);
    const batcher = new Batcher(this.options, from, {
      onFull: () => call.pause(),
      onRoom: () => call.resume(),
      onFailure: () => call.cancel(),
      onCaughtUp: () => this.caughtUp(),
      onHandled: (last) => this.handled(last),
    });
    this.call = call;
    this.batcher = batcher;
    if (this.stopped) return;
    try {
      await call.run(from, this.options.streamPrefixes, (response) => this.take(response, batcher));
    } catch (error) {
      throw this.asPositionProblem(error, from);
    } finally {
      this.live = false;
      await batcher.end();
      this.resumeFrom = batcher.resumeFrom;
    }
    if (batcher.failure !== null) throw new BatchFailure(batcher.failure);
  }

  private take(response: ReadResponse, batcher: Batcher): void {
    switch (response.kind) {
      case 'event':
        batcher.add(this.feedItem(response.event));
        return;
      case 'checkpoint':
        batcher.checkpointReached(response.position);
        return;
      case 'caught_up':
        batcher.caughtUp();
        return;
      case 'fell_behind':
        this.live = false;
        batcher.fellBehind();
        return;
      case 'confirmation':
      case 'stream_not_found':
      case 'other':
        return;
    }
  }

  private feedItem(stored: StoredEvent): FeedItem {
    const decoded = this.parts.codec.decode(stored);
    const raw = { data: stored.data, metadata: stored.metadata };
    if (decoded.kind === 'event') return { kind: 'event', event: decoded.event, raw };
    this.parts.metrics.undecodable(this.options.name, decoded.event.problem);
    return { kind: 'undecodable', event: decoded.event, raw };
  }

  private handled(last: FeedItem): void {
    const { position, id: eventId } = last.event;
    this.handledUpTo = position;
    this.lastHandled = { position, eventId };
    this.currentAtMs = Math.max(this.currentAtMs, Date.parse(last.event.created));
    this.backOff.reset();
    this.parts.metrics.projectionLag(this.options.name, Math.max(0, Date.now() - Date.parse(last.event.created)));
  }

  private caughtUp(): void {
    this.live = true;
    this.backOff.reset();
    this.reportLag();
    this.options.onCaughtUp?.();
  }

  private reportLag(): void {
    if (this.live) this.currentAtMs = Date.now();
    this.parts.metrics.projectionLag(this.options.name, this.lagMs());
  }

  private assertInLog(connection: Connection, from: LogPosition): Promise<void> {
    return assertInLog(connection, {
      feed: this.options.name,
      from,
      last: this.lastHandled,
      sleep: (ms) => this.wakeUp.sleep(ms),
      isStopped: () => this.stopped || (this.parts.integrity.mismatch !== null && !this.readsAnew),
    });
  }

  private asPositionProblem(error: unknown, from: LogPosition | null): Error {
    const { detail } = grpcFailure(error);
    if (from !== null && detail.includes('InvalidPosition'))
      return new PositionNotInLog(this.options.name, from, detail);
    return error instanceof Error ? error : new Error(detail);
  }

  private async pauseAfter(error: unknown, connection: Connection): Promise<void> {
    const failure = grpcFailure(error);
    const pauseMs = this.backOff.nextMs();
    this.parts.logger.warn(
      { feed: this.options.name, from: positionText(this.resumeFrom), cause: failure.detail, pauseMs },
      'a feed of the log ended and will resume',
    );
    await this.wakeUp.sleep(pauseMs);
    if (!(error instanceof BatchFailure) && isConnectionLost(failure))
      await this.parts.connections.replaced(connection, failure.detail);
  }

  private halt(mismatch: LogMismatch): void {
    this.live = false;
    clearInterval(this.lagTimer);
    this.parts.logger.error({ feed: this.options.name, found: mismatch.found }, 'a feed of the log stopped for good');
    this.options.onStopped?.(mismatch);
  }
}
