import { status } from '@grpc/grpc-js';
import type { RecordedEvent } from '../../../application/ports/event-store';
import type { Worker, WorkerOptions } from '../../../application/ports/subscriptions';
import type { Connection } from '../connection/connection';
import { grpcFailure, isConnectionLost } from '../reads/grpc-failure';
import type { StoredEvent } from '../wire/stored-event';
import { BackOff } from './back-off';
import type { FeedParts } from './catch-up-feed';
import { raiseDefect } from './defect';
import { ensureGroup } from './groups';
import { WakeUp } from './wake-up';
import { WorkerCall } from './worker-call';
import { PassingMap } from '../../../domain/shared/passing-map';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
/** A failed event is held back for this long at first, then twice as long each time, before it may come again. */
const FIRST_RETRY_MS = 250;
/** Well under the group's time-out, after which the server would take the event away by itself. */
const LONGEST_RETRY_MS = 30_000;
const SMALLEST_BUFFER = 20;
const LARGEST_BUFFER = 500;

/** An event in this process's hands, and the call on which it came last: a reconnection may bring it a second time. */
interface InHand {
  call: WorkerCall;
}

interface Queued {
  readonly event: RecordedEvent;
  readonly retryCount: number;
  readonly inHand: InHand;
}

/** One consumer of a persistent group: joins, handles what comes, and joins again after whatever ended it. */
export class GroupWorker implements Worker {
  private readonly inHand = new PassingMap<string, InHand>();
  private readonly queue: Queued[] = [];
  private readonly heldBack = new Set<NodeJS.Timeout>();
  private readonly backOff = new BackOff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  private readonly wakeUp = new WakeUp();
  private readonly bufferSize: number;
  private readonly handles: ReadonlySet<string> | null;
  private readonly running: Promise<void>;
  private readonly forgetIntegrity: () => void;
  private call: WorkerCall | null = null;
  private connected = false;
  private stopping = false;
  private stopped: Promise<void> | null = null;
  private handling = 0;

  constructor(
    private readonly options: WorkerOptions,
    private readonly parts: FeedParts,
  ) {
    this.handles = options.handles === undefined ? null : new Set(options.handles);
    this.bufferSize = Math.min(LARGEST_BUFFER, Math.max(SMALLEST_BUFFER, options.concurrency * 2));
    this.running = this.run().catch((error: unknown) => {
      this.connected = false;
      parts.logger.error({ group: options.group, cause: String(error) }, 'a worker broke');
      raiseDefect(error);
    });
    // Its commands could not be appended, and events would come again until they were parked.
    this.forgetIntegrity = parts.integrity.onBroken(() => void this.stop(0));
  }

  inFlight(): number {
    return this.handling;
  }

  isConnected(): boolean {
    return this.connected;
  }

  stop(drainMs: number): Promise<void> {
    this.stopped ??= this.leave(drainMs);
    return this.stopped;
  }

  private async leave(drainMs: number): Promise<void> {
    this.stopping = true;
    this.forgetIntegrity();
    // What waits here was not begun: the server gives it to another consumer as soon as this one has left.
    for (const { event } of this.queue.splice(0)) this.inHand.delete(event.id);
    for (const timer of this.heldBack) clearTimeout(timer);
    const endsAtMs = performance.now() + drainMs;
    while (this.handling > 0 && performance.now() < endsAtMs) await this.wakeUp.sleep(Math.min(50, drainMs));
    await this.call?.leave();
    this.wakeUp.wakeAll();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const connection = this.parts.connections.current;
      const call = new WorkerCall(connection);
      this.call = call;
      try {
        await call.run(
          this.options.group,
          this.bufferSize,
          () => this.joined(),
          (event, retryCount) => this.take(call, event, retryCount),
        );
      } catch (error) {
        this.connected = false;
        this.dropQueue(call);
        if (!this.stopping) await this.pauseAfter(error, connection);
      }
    }
    this.connected = false;
  }

  private joined(): void {
    this.connected = true;
    this.backOff.reset();
  }

  private take(call: WorkerCall, stored: StoredEvent, retryCount: number): void {
    if (this.stopping) return;
    if (this.handles?.has(stored.type) === false && this.parts.codec.isFamiliar(stored)) return call.ack(stored.id);
    const known = this.inHand.get(stored.id);
    if (known !== undefined) {
      known.call = call;
      return;
    }
    const decoded = this.parts.codec.decode(stored);
    if (decoded.kind === 'undecodable') {
      const { problem, detail } = decoded.event;
      this.parts.metrics.undecodable(this.options.group, problem);
      this.parts.logger.error(
        { group: this.options.group, stream: stored.stream, revision: String(stored.revision), problem, detail },
        'an event cannot be decoded',
      );
      // During an upgrade a process of the newer version may take it; a damaged one is no better the next time.
      if (problem === 'corrupt') call.nack(stored.id, 'park', problem);
      else this.retryLater({ call }, stored.id, retryCount, problem);
      return;
    }
    const inHand: InHand = { call };
    this.inHand.set(stored.id, inHand);
    this.queue.push({ event: decoded.event, retryCount, inHand });
    this.next();
  }

  private next(): void {
    while (this.handling < this.options.concurrency) {
      const queued = this.queue.shift();
      if (queued === undefined) return;
      this.count(1);
      void this.handle(queued);
    }
  }

  private async handle({ event, retryCount, inHand }: Queued): Promise<void> {
    try {
      await this.options.handle(event, retryCount);
      this.inHand.delete(event.id);
      inHand.call.ack(event.id);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.parts.logger.warn(
        { group: this.options.group, stream: event.stream, revision: String(event.revision), retryCount, cause },
        'an event was not handled and will come again',
      );
      this.retryLater(inHand, event.id, retryCount, error instanceof Error ? error.name : 'error');
    } finally {
      this.count(-1);
      this.next();
    }
  }

  /** The place in the process is free meanwhile; the one in the server's buffer is not, which slows a storm of failures. */
  private retryLater(inHand: InHand, id: string, retryCount: number, reason: string): void {
    this.inHand.set(id, inHand);
    const fullMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(retryCount, 20));
    const timer = setTimeout(
      () => {
        this.heldBack.delete(timer);
        this.inHand.delete(id);
        inHand.call.nack(id, 'retry', reason);
      },
      fullMs * (0.5 + Math.random() / 2),
    );
    this.heldBack.add(timer.unref());
  }

  /** Not begun when their call ended: the server hands them out again, perhaps to another process. */
  private dropQueue(call: WorkerCall): void {
    const kept = this.queue.filter(({ inHand }) => inHand.call !== call);
    for (const { event, inHand } of this.queue) if (inHand.call === call) this.inHand.delete(event.id);
    this.queue.splice(0, this.queue.length, ...kept);
  }

  private count(change: 1 | -1): void {
    this.handling += change;
    this.parts.metrics.workerInFlight(this.options.group, this.handling);
  }

  private async pauseAfter(error: unknown, connection: Connection): Promise<void> {
    const failure = grpcFailure(error);
    const pauseMs = this.backOff.nextMs();
    this.parts.logger.warn(
      { group: this.options.group, cause: failure.detail, pauseMs },
      'a worker lost its group and will join again',
    );
    await this.wakeUp.sleep(pauseMs);
    if (this.stopping) return;
    if (isConnectionLost(failure)) await this.parts.connections.replaced(connection, failure.detail);
    else if (failure.code === status.NOT_FOUND) await this.createAnew();
  }

  /** Someone deleted the group: it begins again at the start of the log, and what was handled before is handled again. */
  private async createAnew(): Promise<void> {
    try {
      await ensureGroup(this.parts.connections, this.options.group, this.options.streamPrefixes);
    } catch (error) {
      this.parts.logger.error({ group: this.options.group, cause: String(error) }, 'a group could not be made');
    }
  }
}
