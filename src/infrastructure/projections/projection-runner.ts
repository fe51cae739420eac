import type { LogPosition, RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, Projection, ProjectionSql } from '../../application/ports/projection';
import type { FeedItem } from '../../application/ports/subscriptions';
import { isBefore, loadCheckpoint, moveCheckpoint } from './checkpoints';
import { applyIsolating } from './isolate';
import { ParkingLot, type ParkedStream } from './parking-lot';
import { applyBatch, PoisonedBatch } from './poison';

/** A projection that has nothing to write still moves its checkpoint this often, so that a restart need not read far. */
const IDLE_SAVE_EVERY_MS = 5_000;

/** Monotonic milliseconds. */
export type MonotonicClock = () => number;

/** Where rows, checkpoint and parked streams are written: the schema that serves, or that of a rebuild. */
export interface RunnerDatabase extends ProjectionSql {
  transaction<T>(work: (sql: ProjectionSql) => Promise<T>): Promise<T>;
}

/** What a batch did besides writing rows. */
export interface BatchOutcome {
  /** Newly parked by it. */
  readonly parked: readonly ParkedStream[];
}

const NOTHING_PARKED: BatchOutcome = { parked: [] };

/** One projection and where it stands: writes rows, checkpoint and what it parks of a batch in one transaction. */
export class ProjectionRunner {
  private readonly types: ReadonlySet<string>;
  private savedAtMs: number;
  /** As of the last batch; -1: not read yet. */
  private interventions = -1n;

  private constructor(
    readonly projection: Projection,
    private readonly database: RunnerDatabase,
    private readonly monotonicMs: MonotonicClock,
    /** As it stands in Postgres. */
    private saved: LogPosition | null,
    /** Of the last item handled: at or after `saved`. */
    private position: LogPosition | null,
    private lot: ParkingLot,
  ) {
    this.types = new Set(projection.kind === 'events' ? projection.handles : []);
    this.savedAtMs = monotonicMs();
  }

  static async load(
    projection: Projection,
    database: RunnerDatabase,
    monotonicMs: MonotonicClock,
  ): Promise<ProjectionRunner> {
    const at = await loadCheckpoint(database, projection);
    const lot = await ParkingLot.load(database, projection);
    return new ProjectionRunner(projection, database, monotonicMs, at, at, lot);
  }

  /** Where a feed must start for this one. */
  get checkpoint(): LogPosition | null {
    return this.saved;
  }

  /** How far it has come: what lies before and was not written concerned it not. */
  get handledUpTo(): LogPosition | null {
    return this.position;
  }

  get parkedStreams(): readonly ParkedStream[] {
    return this.lot.streams();
  }

  /**
   * What lies at or before the checkpoint is passed over. An event that cannot be decoded or applied parks its stream; one
   * that fails for want of Postgres does not. After a rejection this runner must be loaded anew: whether the batch was
   * committed may be unknown.
   * @throws CheckpointTaken, TooManyParked, and whatever Postgres throws where no event is to blame
   */
  async handle(items: readonly FeedItem[], upTo: LogPosition): Promise<BatchOutcome> {
    if (!isBefore(this.position, upTo)) return NOTHING_PARKED;
    const fresh = items.filter((item) => isBefore(this.position, item.event.position));
    const { projection } = this;
    if (projection.kind === 'events') return this.handleEvents(projection, fresh, upTo);
    if (this.isWorthWriting(fresh.length)) {
      await this.write(fresh.length, upTo, createdOf(fresh), (sql) => projection.apply(fresh, sql));
    }
    this.position = upTo;
    return NOTHING_PARKED;
  }

  /** Writes down how far it has come past events that did not concern it. @throws as `handle` */
  async settle(): Promise<void> {
    const upTo = this.position;
    if (upTo === null || !isBefore(this.saved, upTo)) return;
    await this.write(0, upTo, null, () => Promise.resolve());
  }

  private async handleEvents(
    projection: EventProjection,
    fresh: readonly FeedItem[],
    upTo: LogPosition,
  ): Promise<BatchOutcome> {
    const wanted = fresh.filter(({ event }) => this.types.has(event.type));
    const before = this.lot;
    if (this.isWorthWriting(wanted.length)) {
      try {
        await this.writeEvents(wanted, upTo, createdOf(fresh), async (events, sql, lot) => {
          if (events.length > 0) await applyBatch(projection, events, sql);
          return lot;
        });
      } catch (error) {
        if (!(error instanceof PoisonedBatch)) throw error;
        // The whole batch was rolled back: once more, looking for what is to blame.
        await this.writeEvents(wanted, upTo, createdOf(fresh), async (events, sql, lot) =>
          lot.park(await applyIsolating(projection, events, sql), events),
        );
      }
    }
    this.position = upTo;
    if (this.lot === before) return NOTHING_PARKED;
    const known = new Set(before.streams().map(placeOf));
    return { parked: this.lot.streams().filter((one) => !known.has(placeOf(one))) };
  }

  private async writeEvents(
    wanted: readonly FeedItem[],
    upTo: LogPosition,
    lastEventAt: string | null,
    apply: (events: readonly RecordedEvent[], sql: ProjectionSql, lot: ParkingLot) => Promise<ParkingLot>,
  ): Promise<void> {
    let written = this.lot;
    await this.write(wanted.length, upTo, lastEventAt, async (sql, isSame) => {
      const current = isSame ? this.lot : await ParkingLot.load(sql, this.projection);
      const { lot, events } = current.admit(wanted);
      written = await apply(events, sql, lot);
      await written.save(sql);
    });
    this.lot = written.saved();
  }

  private isWorthWriting(count: number): boolean {
    return count > 0 || this.monotonicMs() - this.savedAtMs >= IDLE_SAVE_EVERY_MS;
  }

  /** @param apply its second argument: nobody has intervened since the last batch, so that what is parked is known. */
  private async write(
    count: number,
    upTo: LogPosition,
    lastEventAt: string | null,
    apply: (sql: ProjectionSql, isSame: boolean) => Promise<void>,
  ): Promise<void> {
    let interventions = this.interventions;
    await this.database.transaction(async (sql) => {
      interventions = await moveCheckpoint(sql, this.projection, this.saved, upTo, { events: count, lastEventAt });
      if (count > 0) await apply(sql, interventions === this.interventions);
    });
    this.saved = upTo;
    this.savedAtMs = this.monotonicMs();
    // An empty batch has read nothing: what changed beside it is still to be seen.
    if (count > 0) this.interventions = interventions;
  }
}

const createdOf = (items: readonly FeedItem[]): string | null => items.at(-1)?.event.created ?? null;

const placeOf = ({ stream, revision }: ParkedStream): string => `${stream}@${revision}`;
