import { DomainError } from '../../domain/shared/domain-error';
import { walletDecider } from '../../domain/wallet/decider';
import type { WalletEvent } from '../../domain/wallet/events';
import {
  assertLawful,
  initialWallet,
  WALLET_SNAPSHOT_SCHEMA,
  walletFromSnapshot,
  walletSnapshot,
  type WalletState,
} from '../../domain/wallet/state';
import type { EventStore, ExpectedRevision, RecordedEvent } from '../ports/event-store';
import type { Logger } from '../ports/logger';
import type { Metrics } from '../ports/metrics';
import type { Snapshots } from '../ports/snapshots';

/** Events a read: a cold start without a snapshot must not hold a whole long stream in memory. */
const PAGE = 1_000;
/**
 * Events between two snapshots, and one more for each so many open reservations: writing those out is what a snapshot
 * costs, reading the events is what a cold start without a newer one costs, and requests wait for that.
 */
const SNAPSHOT_EVERY = 1_000;
const OPEN_PER_EVENT = 4;

interface KnownEvent {
  readonly revision: bigint;
  readonly eventId: string;
}

/** One wallet's stream as this process knows it: its state after `revision`, which is confirmed by the store. */
export class WalletLog {
  state: WalletState = initialWallet;
  /** The last event that the state comes from; null: none yet. */
  private last: KnownEvent | null = null;
  private started = false;
  private snapshotAt = -1n;
  private isSaving = false;

  constructor(
    readonly stream: string,
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly metrics: Pick<Metrics, 'snapshotDiscarded'>,
    private readonly logger: Logger,
  ) {}

  get revision(): ExpectedRevision {
    return this.last?.revision ?? 'no_stream';
  }

  /**
   * Takes in what was written since; the first time from a snapshot on.
   * @throws StoreUnavailable, StreamDeleted
   */
  async catchUp(): Promise<void> {
    if (!this.started) await this.startFromSnapshot();
    for (;;) {
      const events = await this.newEvents();
      let state = this.state;
      for (const event of events) state = walletDecider.evolve(state, event as WalletEvent);
      assertLawful(state);
      const last = events[events.length - 1];
      if (last !== undefined) this.advance(state, last.revision, last.id);
      if (events.length < PAGE) return;
    }
  }

  /** The store has confirmed `revision`, after whose event the wallet is in `state`. */
  advance(state: WalletState, revision: bigint, eventId: string): void {
    this.state = state;
    this.last = { revision, eventId };
    const open = state.kind === 'open' ? state.reservations.size : 0;
    if (revision - this.snapshotAt >= BigInt(SNAPSHOT_EVERY + Math.floor(open / OPEN_PER_EVENT))) this.saveSoon();
  }

  /** Forgets all it knows and starts from the first event: what it knew, a snapshot included, is not what the store has. */
  startOver(): void {
    this.state = initialWallet;
    this.last = null;
    this.snapshotAt = -1n;
    this.started = true;
  }

  /**
   * At most a page. Read from the last known event on, which must still be there: a store that was put back to an earlier
   * state may have lost it, and may have grown past it again since. What follows then is no sequel to what is known.
   */
  private async newEvents(): Promise<RecordedEvent<WalletEvent>[]> {
    const { last } = this;
    if (last === null) return this.store.readStream<WalletEvent>(this.stream, 0n, PAGE);
    const [known, ...events] = await this.store.readStream<WalletEvent>(this.stream, last.revision, PAGE + 1);
    if (known?.id === last.eventId) return events;
    this.metrics.snapshotDiscarded();
    this.logger.error(
      { stream: this.stream, revision: String(last.revision), eventId: last.eventId },
      'what was known of a wallet is not in its stream: it is read from its first event',
    );
    await this.discardSnapshot();
    this.startOver();
    return this.newEvents();
  }

  private async startFromSnapshot(): Promise<void> {
    try {
      const snapshot = await this.snapshots.load(this.stream, WALLET_SNAPSHOT_SCHEMA);
      if (snapshot !== null) {
        this.state = walletFromSnapshot(snapshot.state);
        this.last = snapshot;
        this.snapshotAt = snapshot.revision;
      }
    } catch (error) {
      // A snapshot only saves reading: without it the stream tells the same.
      this.logger.warn({ err: error, stream: this.stream }, 'no snapshot could be used; reading the whole stream');
    }
    this.started = true;
  }

  /** The kept one may be of this event or of another lost one: the newer of them would keep those to come from being kept. */
  private async discardSnapshot(): Promise<void> {
    try {
      const kept = await this.snapshots.load(this.stream, WALLET_SNAPSHOT_SCHEMA);
      if (kept === null) return;
      const [there] = await this.store.readStream<WalletEvent>(this.stream, kept.revision, 1);
      if (there?.id !== kept.eventId) await this.snapshots.discard(this.stream, kept.eventId);
    } catch (error) {
      // It is found again at the next cold start; only those to come are not kept until then.
      this.logger.warn({ err: error, stream: this.stream }, 'a snapshot could not be discarded');
    }
  }

  /** Off the path of whoever waits for the append: state is never changed in place, so it can be written out later. */
  private saveSoon(): void {
    if (this.isSaving || this.last === null) return;
    const { state, last, stream } = this;
    this.isSaving = true;
    this.snapshotAt = last.revision;
    setImmediate(() => {
      this.save(state, last)
        .catch((error: unknown) => this.logger.warn({ err: error, stream }, 'a snapshot could not be kept'))
        .finally(() => {
          this.isSaving = false;
        });
    });
  }

  private async save(state: WalletState, { revision, eventId }: KnownEvent): Promise<void> {
    const steps = walletSnapshot(state);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) await new Promise<void>((resolve) => setImmediate(resolve));
    const snapshot = step.value;
    // It was found meanwhile that the stream does not bear this state out: kept now, it would keep better ones out.
    if (this.snapshotAt !== revision) return;
    if (snapshot === null) throw new DomainError('not_found', 'A wallet that was never opened has no snapshot.');
    await this.snapshots.save(this.stream, WALLET_SNAPSHOT_SCHEMA, { revision, eventId, state: snapshot });
  }
}
