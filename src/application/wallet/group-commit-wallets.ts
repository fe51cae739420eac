import { Inject, Injectable, Optional, type BeforeApplicationShutdown } from '@nestjs/common';
import { streamPrefixes, streams, walletOfStream } from '../../domain/shared/streams';
import type { WalletCommand } from '../../domain/wallet/commands';
import type { WalletState } from '../../domain/wallet/state';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { LOGGER, type Logger } from '../ports/logger';
import { METRICS, type Metrics } from '../ports/metrics';
import { SNAPSHOTS, type Snapshots } from '../ports/snapshots';
import type { CommandContext, WalletRef, Wallets } from '../ports/wallets';
import { WRITER_TURNS, type WriterTurns } from '../ports/writer-turns';
import { WalletLog } from './wallet-log';
import type { Balance } from './wallet-queue';
import { WalletWriter, type WriterParts } from './wallet-writer';
import { WriterTurn } from './writer-turn';

/** Wallets kept in memory, and for how long one that nobody uses is. */
const MAX_WALLETS = 5_000;
const IDLE_MS = 15 * 60_000;
/** The order of use need not be exact, and a map whose entries are moved for each request is made anew again and again. */
const MOVE_EVERY_MS = 1_000;
/** Read before the process serves, so many at once. */
const WARM_WALLETS = 500;
const WARM_AT_ONCE = 8;
const DRAIN_CHECK_MS = 20;
const DRAIN_MS = 5_000;

/** Where nobody gives turns: writers race. */
const NO_TURNS: WriterTurns = {
  claim: () => Promise.resolve(false),
  isAnothers: () => Promise.resolve(false),
  release: () => Promise.resolve(),
};

const wroteAnEvent = (_state: WalletState, wrote: boolean): boolean => wrote;
const done = (): void => undefined;

/** The wallets: a writer for each that is in use, the longest unused forgotten first. */
@Injectable()
export class GroupCommitWallets implements Wallets, BeforeApplicationShutdown {
  /** In order of use: a Map keeps the order of insertion. */
  private readonly writers = new Map<string, WalletWriter>();
  private readonly parts: WriterParts;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SNAPSHOTS) private readonly snapshots: Snapshots,
    @Inject(ID_SOURCE) ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(WRITER_TURNS) private readonly turns: WriterTurns = NO_TURNS,
  ) {
    this.parts = { store, ids, clock, metrics, logger };
  }

  reserve(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['reserve']>[2]): Promise<void> {
    return this.submit(wallet, ctx, { type: 'ReserveFunds', ...input }, done);
  }

  reprice(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['reprice']>[2]): Promise<boolean> {
    // The price may be what it was, which writes nothing: what counts is that the reservation stands.
    return this.submit(
      wallet,
      ctx,
      { type: 'RepriceReservation', ...input },
      (state, wrote) => wrote || (state.kind === 'open' && state.reservations.has(input.reservationId)),
    );
  }

  debit(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['debit']>[2]): Promise<boolean> {
    return this.submit(wallet, ctx, { type: 'DebitReservation', ...input }, wroteAnEvent);
  }

  release(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['release']>[2]): Promise<boolean> {
    return this.submit(wallet, ctx, { type: 'ReleaseReservation', ...input }, wroteAnEvent);
  }

  open(wallet: WalletRef, ctx: CommandContext): Promise<void> {
    const { customerId, mode } = wallet;
    return this.submit(wallet, ctx, { type: 'OpenWallet', customerId, mode }, done);
  }

  credit(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['credit']>[2]): Promise<boolean> {
    return this.submit(wallet, ctx, { type: 'CreditWallet', ...input }, wroteAnEvent);
  }

  adjustDown(wallet: WalletRef, ctx: CommandContext, input: Parameters<Wallets['adjustDown']>[2]): Promise<boolean> {
    return this.submit(wallet, ctx, { type: 'AdjustWalletDown', ...input }, wroteAnEvent);
  }

  balance(wallet: WalletRef): Promise<Balance> {
    return this.writerOf(wallet).balance();
  }

  /**
   * Reads the wallets that were busiest of late, so that no request has to wait for it: theirs are the long streams.
   * Whoever is not read within the time is read when somebody asks.
   * @returns how many were read.
   */
  async warmUp(withinMs: number): Promise<number> {
    const until = this.clock.monotonicMs() + withinMs;
    const waiting = await this.snapshots.newest(streamPrefixes.wallet, WARM_WALLETS);
    let warm = 0;
    const readNext = async (): Promise<void> => {
      for (let stream = waiting.shift(); stream !== undefined; stream = waiting.shift()) {
        const leftMs = until - this.clock.monotonicMs();
        if (leftMs <= 0) return;
        await this.writerOf(walletOfStream(stream)).balance(leftMs);
        warm += 1;
      }
    };
    await Promise.all(Array.from({ length: WARM_AT_ONCE }, readNext));
    return warm;
  }

  /** Requests have ended by now; what they or the process managers left with a writer is brought to its end. */
  async beforeApplicationShutdown(): Promise<void> {
    const until = this.clock.monotonicMs() + DRAIN_MS;
    while (this.isBusy() && this.clock.monotonicMs() < until) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    }
  }

  private submit<T>(
    wallet: WalletRef,
    ctx: CommandContext,
    command: WalletCommand,
    answer: (state: WalletState, wrote: boolean) => T,
  ): Promise<T> {
    return this.writerOf(wallet).submit(command, ctx, answer);
  }

  private writerOf({ customerId, mode }: WalletRef): WalletWriter {
    const stream = streams.wallet(customerId, mode);
    const known = this.writers.get(stream);
    const writer = known ?? this.newWriter(stream);
    writer.lastUsedAt = this.clock.monotonicMs();
    if (writer.lastUsedAt - writer.movedAt > MOVE_EVERY_MS) {
      this.writers.delete(stream);
      this.writers.set(stream, writer);
      writer.movedAt = writer.lastUsedAt;
    }
    return writer;
  }

  private newWriter(stream: string): WalletWriter {
    this.forgetUnused();
    const log = new WalletLog(stream, this.store, this.snapshots, this.parts.metrics, this.logger);
    return new WalletWriter(log, this.parts, new WriterTurn(stream, this.turns, this.clock));
  }

  /** Done when a wallet comes in, so that an idle process has nothing to do. */
  private forgetUnused(): void {
    const idleSince = this.clock.monotonicMs() - IDLE_MS;
    for (const [stream, writer] of this.writers) {
      if (this.writers.size < MAX_WALLETS && writer.lastUsedAt > idleSince) return;
      if (writer.isIdle) this.writers.delete(stream);
    }
  }

  private isBusy(): boolean {
    for (const writer of this.writers.values()) if (!writer.isIdle) return true;
    return false;
  }
}
