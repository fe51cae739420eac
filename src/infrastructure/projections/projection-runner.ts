import type { LogPosition, RecordedEvent } from '../../application/ports/event-store';
import type { Projection, ProjectionSql } from '../../application/ports/projection';
import type { FeedItem } from '../../application/ports/subscriptions';
import type { Database } from '../postgres/database';
import { isBefore, loadCheckpoint, moveCheckpoint } from './checkpoints';

/** A projection that has nothing to write still moves its checkpoint this often, so that a restart need not read far. */
const IDLE_SAVE_EVERY_MS = 5_000;

/** Monotonic milliseconds. */
export type MonotonicClock = () => number;

/** One projection and where it stands: writes rows and checkpoint of a batch in one transaction. */
export class ProjectionRunner {
  private readonly types: ReadonlySet<string>;
  private savedAtMs: number;

  private constructor(
    readonly projection: Projection,
    private readonly database: Database,
    private readonly monotonicMs: MonotonicClock,
    /** As it stands in Postgres. */
    private saved: LogPosition | null,
    /** Of the last item handled: at or after `saved`. */
    private position: LogPosition | null,
  ) {
    this.types = new Set(projection.kind === 'events' ? projection.handles : []);
    this.savedAtMs = monotonicMs();
  }

  static async load(
    projection: Projection,
    database: Database,
    monotonicMs: MonotonicClock,
  ): Promise<ProjectionRunner> {
    const at = await loadCheckpoint(database, projection);
    return new ProjectionRunner(projection, database, monotonicMs, at, at);
  }

  /** Where a feed must start for this one. */
  get checkpoint(): LogPosition | null {
    return this.saved;
  }

  /**
   * What lies at or before the checkpoint is passed over. After a rejection this runner must be loaded anew: whether the
   * batch was committed may be unknown.
   * @throws CheckpointTaken, and whatever Postgres or the projection throws
   */
  async handle(items: readonly FeedItem[], upTo: LogPosition): Promise<void> {
    if (!isBefore(this.position, upTo)) return;
    const fresh = items.filter((item) => isBefore(this.position, item.event.position));
    const lastEventAt = fresh.at(-1)?.event.created ?? null;
    const { projection } = this;
    if (projection.kind === 'envelopes') {
      await this.write(upTo, fresh.length, lastEventAt, (sql) => projection.apply(fresh, sql));
    } else {
      const events = this.wanted(fresh);
      await this.write(upTo, events.length, lastEventAt, (sql) => projection.apply(events, sql));
    }
  }

  private wanted(items: readonly FeedItem[]): RecordedEvent[] {
    const events: RecordedEvent[] = [];
    for (const item of items) if (item.kind === 'event' && this.types.has(item.event.type)) events.push(item.event);
    return events;
  }

  private async write(
    upTo: LogPosition,
    count: number,
    lastEventAt: string | null,
    apply: (sql: ProjectionSql) => Promise<void>,
  ): Promise<void> {
    const now = this.monotonicMs();
    if (count > 0 || now - this.savedAtMs >= IDLE_SAVE_EVERY_MS) {
      await this.database.transaction(async (sql) => {
        await moveCheckpoint(sql, this.projection, this.saved, upTo, { events: count, lastEventAt });
        if (count > 0) await apply(sql);
      });
      this.saved = upTo;
      this.savedAtMs = now;
    }
    this.position = upTo;
  }
}
