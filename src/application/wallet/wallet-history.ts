import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/shared/domain-error';
import { ZERO, type Money } from '../../domain/shared/money';
import { streams } from '../../domain/shared/streams';
import { walletDecider } from '../../domain/wallet/decider';
import type { WalletEvent } from '../../domain/wallet/events';
import { initialWallet, WALLET_SNAPSHOT_SCHEMA, walletFromSnapshot, type WalletState } from '../../domain/wallet/state';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { SNAPSHOTS, type Snapshots } from '../ports/snapshots';
import type { WalletRef } from '../ports/wallets';

const PAGE = 2_000;
/** A long history takes long to fold, and whoever asked gives up some day. */
const LONGEST_MS = 20_000;

interface Place {
  readonly state: WalletState;
  /** Revision of the next event. */
  readonly next: bigint;
}

/** What a wallet held at an instant of the store's clock: its stream folded up to there. Never for deciding. */
@Injectable()
export class WalletHistory {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SNAPSHOTS) private readonly snapshots: Snapshots,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Nothing at all where the wallet was not open yet. One history at a time, so that reading the past never crowds out the
   * present.
   * @param asOf ISO, inclusive
   * @throws StoreUnavailable, DomainError unavailable
   */
  balanceAt(wallet: WalletRef, asOf: string): Promise<{ available: Money; reserved: Money }> {
    const untilMs = this.clock.monotonicMs() + LONGEST_MS;
    const answer = this.turn.then(() => this.fold(streams.wallet(wallet.customerId, wallet.mode), asOf, untilMs));
    // Whoever comes next waits for the end of this one, whatever it was.
    this.turn = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }

  private async fold(stream: string, asOf: string, untilMs: number): Promise<{ available: Money; reserved: Money }> {
    let { state, next } = await this.startOf(stream, asOf);
    for (;;) {
      if (this.clock.monotonicMs() >= untilMs) {
        throw new DomainError('unavailable', 'That long a history cannot be read just now; try again.', [], 5);
      }
      const page = await this.store.readStream<WalletEvent>(stream, next, PAGE);
      for (const event of page) {
        if (event.created > asOf) return balanceOf(state);
        state = walletDecider.evolve(state, event as WalletEvent);
      }
      if (page.length < PAGE) return balanceOf(state);
      next += BigInt(page.length);
    }
  }

  /** The newest snapshot serves where it is of that time or before. */
  private async startOf(stream: string, asOf: string): Promise<Place> {
    const beginning = { state: initialWallet, next: 0n };
    const snapshot = await this.snapshots.load(stream, WALLET_SNAPSHOT_SCHEMA);
    if (snapshot === null) return beginning;
    const [last] = await this.store.readStream(stream, snapshot.revision, 1);
    // Of another log than this one, where the event that it was made after is not there.
    if (last?.id !== snapshot.eventId || last.created > asOf) return beginning;
    return { state: walletFromSnapshot(snapshot.state), next: snapshot.revision + 1n };
  }
}

const balanceOf = (state: WalletState): { available: Money; reserved: Money } =>
  state.kind === 'open'
    ? { available: state.available, reserved: state.reserved }
    : { available: ZERO, reserved: ZERO };
