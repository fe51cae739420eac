import { DomainError } from '../../domain/shared/domain-error';
import { walletDecider } from '../../domain/wallet/decider';
import type { WalletEvent } from '../../domain/wallet/events';
import {
  assertLawful,
  initialWallet,
  WALLET_SNAPSHOT_SCHEMA,
  walletFromSnapshot,
  walletToSnapshot,
  type WalletState,
} from '../../domain/wallet/state';
import type { EventStore, ExpectedRevision } from '../ports/event-store';
import type { Logger } from '../ports/logger';
import type { Snapshots } from '../ports/snapshots';

/** Events a read: a cold start without a snapshot must not hold a whole long stream in memory. */
const PAGE = 1_000;
/** Events between two snapshots, to which the number of open reservations is added: writing them out is what a snapshot costs. */
const SNAPSHOT_EVERY = 1_000;

/** One wallet's stream as this process knows it: its state after `revision`, which is confirmed by the store. */
export class WalletLog {
  state: WalletState = initialWallet;
  revision: ExpectedRevision = 'no_stream';
  private started = false;
  private mayUseSnapshot = true;
  private snapshotAt = -1n;
  private isSaving = false;

  constructor(
    readonly stream: string,
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly logger: Logger,
  ) {}

  /**
   * Takes in what was written since; the first time from a snapshot on.
   * @throws StoreUnavailable, StreamDeleted
   */
  async catchUp(): Promise<void> {
    if (!this.started) await this.startFromSnapshot();
    for (;;) {
      const events = await this.store.readStream<WalletEvent>(this.stream, nextRevision(this.revision), PAGE);
      let state = this.state;
      for (const event of events) state = walletDecider.evolve(state, event as WalletEvent);
      assertLawful(state);
      const last = events[events.length - 1];
      if (last !== undefined) this.advance(state, last.revision);
      if (events.length < PAGE) return;
    }
  }

  /** The store has confirmed `revision`, after which the wallet is in `state`. */
  advance(state: WalletState, revision: bigint): void {
    this.state = state;
    this.revision = revision;
    const open = state.kind === 'open' ? state.reservations.size : 0;
    if (revision - this.snapshotAt >= BigInt(SNAPSHOT_EVERY + open)) this.saveSoon();
  }

  /** Forgets all it knows and starts from the first event: what it knew, a snapshot included, is not what the store has. */
  startOver(): void {
    this.state = initialWallet;
    this.revision = 'no_stream';
    this.snapshotAt = -1n;
    this.started = true;
    this.mayUseSnapshot = false;
  }

  private async startFromSnapshot(): Promise<void> {
    try {
      const snapshot = await this.snapshots.load(this.stream, WALLET_SNAPSHOT_SCHEMA);
      if (snapshot !== null && this.mayUseSnapshot) {
        this.state = walletFromSnapshot(snapshot.state);
        this.revision = snapshot.revision;
        this.snapshotAt = snapshot.revision;
      }
    } catch (error) {
      // A snapshot only saves reading: without it the stream tells the same.
      this.logger.warn({ err: error, stream: this.stream }, 'no snapshot could be used; reading the whole stream');
    }
    this.started = true;
  }

  /** Off the path of whoever waits for the append: state is never changed in place, so it can be written out later. */
  private saveSoon(): void {
    if (this.isSaving || typeof this.revision !== 'bigint') return;
    const { state, revision, stream } = this;
    this.isSaving = true;
    this.snapshotAt = revision;
    setImmediate(() => {
      this.save(state, revision)
        .catch((error: unknown) => this.logger.warn({ err: error, stream }, 'a snapshot could not be kept'))
        .finally(() => {
          this.isSaving = false;
        });
    });
  }

  private async save(state: WalletState, revision: bigint): Promise<void> {
    const snapshot = walletToSnapshot(state);
    if (snapshot === null) throw new DomainError('not_found', 'A wallet that was never opened has no snapshot.');
    await this.snapshots.save(this.stream, revision, WALLET_SNAPSHOT_SCHEMA, snapshot);
  }
}

const nextRevision = (revision: ExpectedRevision): bigint => (revision === 'no_stream' ? 0n : revision + 1n);
