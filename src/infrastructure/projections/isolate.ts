import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { applyBatch, PoisonedBatch } from './poison';

/** The first event of its stream that cannot be applied; all before it are. */
export interface Culprit {
  readonly event: RecordedEvent;
  /** Holds no payload. */
  readonly error: string;
}

/**
 * Applies a batch of which some part is poisoned: halves it by streams, and then a stream by its length, until what is to
 * blame stands alone; all else is applied. About 2·log2(streams) attempts a culprit, each under a savepoint of the
 * transaction that `sql` is.
 * @throws what Postgres or its driver threw where no event is to blame.
 */
export async function applyIsolating(
  projection: EventProjection,
  events: readonly RecordedEvent[],
  sql: ProjectionSql,
): Promise<Culprit[]> {
  return new Isolation(projection, sql).batch(events);
}

class Isolation {
  constructor(
    private readonly projection: EventProjection,
    private readonly sql: ProjectionSql,
  ) {}

  async batch(events: readonly RecordedEvent[]): Promise<Culprit[]> {
    const poison = await this.attempt(events);
    if (poison === null) return [];
    const streams = [...new Set(events.map(({ stream }) => stream))];
    if (streams.length === 1) {
      const culprit = await this.stream(events, poison);
      return culprit === null ? [] : [culprit];
    }
    const firstHalf = new Set(streams.slice(0, streams.length >> 1));
    return [
      ...(await this.batch(events.filter(({ stream }) => firstHalf.has(stream)))),
      ...(await this.batch(events.filter(({ stream }) => !firstHalf.has(stream)))),
    ];
  }

  /** Null: what failed together can be applied one after the other. */
  private async stream(events: readonly RecordedEvent[], poison: PoisonedBatch): Promise<Culprit | null> {
    const [first] = events;
    if (first === undefined) return null;
    if (events.length === 1) return { event: first, error: poison.description };
    for (const half of [events.slice(0, events.length >> 1), events.slice(events.length >> 1)]) {
      const failure = await this.attempt(half);
      const culprit = failure === null ? null : await this.stream(half, failure);
      // What follows it in its stream is held back.
      if (culprit !== null) return culprit;
    }
    return null;
  }

  private async attempt(events: readonly RecordedEvent[]): Promise<PoisonedBatch | null> {
    await this.sql.query({ text: 'SAVEPOINT part_of_a_batch' });
    try {
      await applyBatch(this.projection, events, this.sql);
      await this.sql.query({ text: 'RELEASE SAVEPOINT part_of_a_batch' });
      return null;
    } catch (error) {
      if (!(error instanceof PoisonedBatch)) throw error;
      await this.sql.query({ text: 'ROLLBACK TO SAVEPOINT part_of_a_batch' });
      return error;
    }
  }
}
