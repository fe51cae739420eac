import { DomainError } from '../../domain/shared/domain-error';
import type { WalletCommand } from '../../domain/wallet/commands';
import { walletDecider } from '../../domain/wallet/decider';
import { assertLawful, type WalletState } from '../../domain/wallet/state';
import type { Clock } from '../ports/clock';
import {
  LogMismatch,
  StoreUnavailable,
  StreamDeleted,
  WrongExpectedRevision,
  type EventStore,
} from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import type { Logger } from '../ports/logger';
import type { Metrics } from '../ports/metrics';
import type { CommandContext } from '../ports/wallets';
import { WalletBatch } from './wallet-batch';
import type { WalletLog } from './wallet-log';
import { WriterPace } from './writer-pace';
import type { WriterTurn } from './writer-turn';
import { fulfil, refuse, WalletQueue, walletUnavailable, type Balance, type WaitingCommand } from './wallet-queue';

export interface WriterParts {
  readonly store: EventStore;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const DEFAULT_TIMEOUT_MS = 2_000;
/** Between two reads that only a doubt asks for: 20 a second. */
const DOUBT_READ_EVERY_MS = 50;
/** How late a deadline may be noticed. */
const DEADLINE_CHECK_MS = 50;
/** The least that the store is given to answer, so that a group late in its time does not end as an unknown outcome. */
const MIN_APPEND_MS = 250;
const CONFLICT_JITTER_MS = 2;
const OUTAGE_PAUSE_MS = 40;

/**
 * One wallet's writer in this process, with group commit: what waits is decided one command after the other in memory and
 * appended at once, at the exact revision; what comes meanwhile is the next group.
 *
 * A positive decision is proved by its append: at the exact revision, it succeeds only on the state it was decided on. A
 * refusal, or a decision that there is nothing to do, appends nothing, so it counts only on a state known to be newer than
 * the question: one read, or confirmed by an append, that began after the command came in.
 */
export class WalletWriter {
  /** Monotonic milliseconds. */
  lastUsedAt = 0;
  /** When it was last put behind all others in the order of use. */
  movedAt = Number.NEGATIVE_INFINITY;
  private readonly queue = new WalletQueue();
  /** What has a ticket up to this one can be answered from what is known. */
  private freshThrough = 0;
  private isCurrent = false;
  private isBusy = false;
  private nextDoubtReadAt = 0;
  private readonly pace = new WriterPace();
  private deadlineCheck: NodeJS.Timeout | null = null;
  private wake: (() => void) | null = null;

  constructor(
    private readonly log: WalletLog,
    private readonly parts: WriterParts,
    private readonly turn: WriterTurn,
  ) {}

  get isIdle(): boolean {
    return !this.isBusy;
  }

  /** @returns what `answer` makes of the state that the decision stands on and of whether an event was written. */
  submit<T>(
    command: WalletCommand,
    context: CommandContext,
    answer: (state: WalletState, wrote: boolean) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadlineAt = this.parts.clock.monotonicMs() + (context.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const settle = (state: WalletState, wrote: boolean): void => resolve(answer(state, wrote));
      this.queue.addCommand({ command, context, deadlineAt, resolve: settle, reject });
      this.start();
    });
  }

  /** Up to date to the call; concurrent calls share one read. */
  balance(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Balance> {
    return new Promise<Balance>((resolve, reject) => {
      const { clock } = this.parts;
      const deadlineAt = clock.monotonicMs() + timeoutMs;
      this.queue.addReader({ deadlineAt, asOf: clock.iso(), resolve, reject });
      this.start();
    });
  }

  private start(): void {
    this.wake?.();
    this.deadlineCheck ??= setTimeout(() => this.checkDeadlines(), DEADLINE_CHECK_MS).unref();
    if (this.isBusy) return;
    this.isBusy = true;
    // Behind what this turn of the event loop still brings, so that commands which come together go together.
    setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    while (!this.queue.isEmpty) {
      try {
        await this.step();
      } catch (error) {
        await this.meet(error);
      }
    }
    this.isBusy = false;
    this.lastUsedAt = this.parts.clock.monotonicMs();
  }

  private async step(): Promise<void> {
    if (await this.turn.standAside()) this.isCurrent = false;
    if (!this.isCurrent) return this.read();
    const gapMs = this.pace.pauseMs(this.parts.clock.monotonicMs());
    if (gapMs > 0) await pause(gapMs);
    const batch = this.nextBatch();
    if (batch.commands.length > 0) return this.commit(batch);
    if (this.queue.isEmpty) return;
    const waitMs = this.nextDoubtReadAt - this.parts.clock.monotonicMs();
    // Who asks for the balance does not wait for the next turn, and that read serves the doubtful too.
    if (this.queue.hasReaders || waitMs <= 0) return this.read();
    await this.pauseUntilMore(waitMs);
  }

  private async read(): Promise<void> {
    const through = this.queue.lastTicket;
    this.nextDoubtReadAt = this.parts.clock.monotonicMs() + DOUBT_READ_EVERY_MS;
    await this.log.catchUp();
    this.isCurrent = true;
    this.learned(through);
  }

  private learned(through: number): void {
    this.freshThrough = through;
    this.queue.answerReaders(through, this.log.state);
  }

  /** Decides what waits, in order. What is doubtful, or too much for one append, stays in the queue. */
  private nextBatch(): WalletBatch {
    const batch = new WalletBatch(this.log.state);
    const staying: WaitingCommand[] = [];
    const now = this.parts.clock.monotonicMs();
    for (const item of this.queue.commands) {
      if (item.deadlineAt <= now) refuse(item, walletUnavailable());
      if (item.settled) continue;
      if (batch.isFull || (item.doubtful && item.ticket > this.freshThrough)) staying.push(item);
      else if (!this.decide(item, batch)) staying.push(item);
    }
    this.queue.commands = staying;
    return batch;
  }

  /** @returns false where it has to stay in the queue. */
  private decide(item: WaitingCommand, batch: WalletBatch): boolean {
    let refusal: DomainError | null = null;
    try {
      const events = walletDecider.decide(item.command, batch.state);
      if (events.length > 0) return batch.add(item, events);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refusal = error;
    }
    // What it was decided on must be newer than the question and, since the group may yet fail, not hang on the group.
    if (item.ticket > this.freshThrough || batch.commands.length > 0) {
      item.doubtful = true;
      return false;
    }
    if (refusal === null) fulfil(item, batch.state, false);
    else refuse(item, refusal);
    return true;
  }

  private async commit(batch: WalletBatch): Promise<void> {
    const { log, queue, parts } = this;
    const through = queue.lastTicket;
    assertLawful(batch.state);
    queue.inFlight = batch.commands;
    parts.metrics.walletBatch(batch.commands.length);
    const startedAt = parts.clock.monotonicMs();
    try {
      const deadlineMs = Math.max(MIN_APPEND_MS, batch.deadlineAt - startedAt);
      const events = batch.newEvents(parts.ids);
      const revision = await parts.store.append(log.stream, log.revision, events, { deadlineMs });
      this.pace.appended(startedAt, parts.clock.monotonicMs());
      this.turn.won(startedAt);
      log.advance(batch.state, revision, events[events.length - 1]?.id ?? '');
      this.fulfilAll(batch);
      this.learned(through);
    } catch (error) {
      await this.meetFailedAppend(error, batch);
    } finally {
      queue.inFlight = [];
    }
  }

  /**
   * Where more waits, the next group leaves first: what those who are answered do next would hold it up, and all behind it,
   * while the store has nothing to do.
   */
  private fulfilAll({ commands, state }: WalletBatch): void {
    const fulfilEach = (): void => {
      for (const item of commands) fulfil(item, state, true);
    };
    if (this.queue.commands.length === 0) fulfilEach();
    else setImmediate(fulfilEach);
  }

  private async meetFailedAppend(error: unknown, batch: WalletBatch): Promise<void> {
    const { queue, parts } = this;
    this.isCurrent = false;
    if (error instanceof WrongExpectedRevision) {
      parts.metrics.walletConflict();
      this.pace.met(parts.clock.monotonicMs());
      queue.putBack(batch.commands);
      await this.turn.lost();
      return pause(Math.random() * CONFLICT_JITTER_MS);
    }
    if (error instanceof StoreUnavailable && error.outcome === 'unknown') {
      // It may have been written all the same, and whoever sent it must not hear of success: a reservation that no
      // message comes to name is given back by the sweeper.
      for (const item of batch.commands) refuse(item, walletUnavailable(error));
      return;
    }
    queue.putBack(batch.commands);
    throw error;
  }

  /** An outage is waited out, until the deadline of each who waits; anything else is a defect and ends all that wait. */
  private async meet(error: unknown): Promise<void> {
    this.isCurrent = false;
    if (error instanceof StoreUnavailable) return pause(OUTAGE_PAUSE_MS * (0.5 + Math.random()));
    // That has been said, and is said to each caller.
    if (!(error instanceof LogMismatch))
      this.parts.logger.error({ err: error, stream: this.log.stream }, 'the wallet cannot be written to');
    this.queue.failAll(error instanceof StreamDeleted ? new DomainError('gone', 'This wallet was closed.') : error);
    this.log.startOver();
  }

  /** One timer a writer, and none while it has nothing to do. */
  private checkDeadlines(): void {
    this.deadlineCheck = null;
    if (!this.isBusy) return;
    this.queue.expire(this.parts.clock.monotonicMs());
    this.deadlineCheck = setTimeout(() => this.checkDeadlines(), DEADLINE_CHECK_MS).unref();
  }

  private pauseUntilMore(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
