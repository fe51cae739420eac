import type { RecordedEvent } from '../../application/ports/event-store';
import type { ProjectionSql } from '../../application/ports/projection';
import type { FeedItem } from '../../application/ports/subscriptions';
import type { CheckpointKey } from './checkpoints';
import type { Culprit } from './isolate';

/** More than this is no matter of some events any more: the projection itself is broken, and stops. */
const MOST_PARKED = 1_000;

export type ParkingProblem = 'corrupt' | 'newer_version' | 'apply_failed';

/** A stream that a projection holds back, and what is to blame. */
export interface ParkedStream {
  readonly stream: string;
  /** Of the event that is to blame, the first one held back. */
  readonly revision: bigint;
  readonly type: string;
  readonly problem: ParkingProblem;
  /** Holds no payload. */
  readonly error: string;
}

/** So many streams cannot be applied that the fault is the projection's own: it stops, for somebody to look at it. */
export class TooManyParked extends Error {
  constructor({ name, version }: CheckpointKey) {
    super(`${name} v${version} would park more than ${MOST_PARKED} streams: the projection itself is broken`);
    this.name = 'TooManyParked';
  }
}

const PUT = `
  INSERT INTO parked_streams AS p (projection, version, stream, revision, type, problem, error, held)
  SELECT $1, $2, stream, revision, type, problem, error, held
    FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[])
      AS x(stream, revision, type, problem, error, held)
  ON CONFLICT (projection, version, stream) DO UPDATE SET held = p.held + excluded.held`;

/** What one projection holds back and passes over. Unchanging: a batch makes a new one, which counts once it is committed. */
export class ParkingLot {
  private constructor(
    private readonly key: CheckpointKey,
    private readonly parked: ReadonlyMap<string, ParkedStream>,
    private readonly skipped: ReadonlySet<string>,
    /** Held back since it was loaded or saved, by stream. */
    private readonly held: ReadonlyMap<string, number>,
  ) {}

  static async load(sql: ProjectionSql, key: CheckpointKey): Promise<ParkingLot> {
    const values = [key.name, key.version];
    const parked = await sql.query<Omit<ParkedStream, 'revision'> & { revision: string }>({
      text: `SELECT stream, revision, type, problem, error FROM parked_streams WHERE projection = $1 AND version = $2`,
      values,
    });
    const skipped = await sql.query<{ place: string }>({
      text: `SELECT DISTINCT stream || '@' || revision AS place FROM projection_interventions
              WHERE projection = $1 AND version = $2 AND action = 'skip'`,
      values,
    });
    return new ParkingLot(
      key,
      new Map(parked.rows.map((row) => [row.stream, { ...row, revision: BigInt(row.revision) }])),
      new Set(skipped.rows.map(({ place }) => place)),
      new Map(),
    );
  }

  get size(): number {
    return this.parked.size;
  }

  streams(): readonly ParkedStream[] {
    return [...this.parked.values()];
  }

  /**
   * Which of these are to be applied. What cannot be decoded parks its stream.
   * @param items all of types that the projection handles
   * @throws TooManyParked
   */
  admit(items: readonly FeedItem[]): { lot: ParkingLot; events: RecordedEvent[] } {
    const lot = new Draft(this.parked, this.key);
    const events: RecordedEvent[] = [];
    for (const item of items) {
      const { event } = item;
      if (this.isSkipped(event)) continue;
      if (lot.holds(event.stream)) lot.hold(event.stream);
      else if (item.kind === 'event') events.push(item.event);
      else if (item.event.problem !== 'unknown_type') {
        const { stream, revision, type, problem, detail: error } = item.event;
        lot.park({ stream, revision, type, problem, error });
      }
    }
    return { lot: this.after(lot), events };
  }

  /** What could not be applied of `events` parks its stream. @throws TooManyParked */
  park(culprits: readonly Culprit[], events: readonly RecordedEvent[]): ParkingLot {
    const lot = new Draft(this.parked, this.key, this.held);
    for (const { event, error } of culprits) {
      const { stream, revision, type } = event;
      lot.park({ stream, revision, type, problem: 'apply_failed', error });
      for (const later of events) if (later.stream === stream && later.revision > revision) lot.hold(stream);
    }
    return this.after(lot);
  }

  /** Writes down what is new since it was loaded. */
  async save(sql: ProjectionSql): Promise<void> {
    if (this.held.size === 0) return;
    const rows = [...this.held].map(([stream, held]) => {
      const parked = this.parked.get(stream);
      if (parked === undefined) throw new Error('events of a stream that is not parked were held back');
      return { ...parked, held };
    });
    const column = (of: (row: (typeof rows)[number]) => string): string[] => rows.map(of);
    await sql.query({
      name: 'parked_put',
      text: PUT,
      values: [
        this.key.name,
        this.key.version,
        column((row) => row.stream),
        column((row) => row.revision.toString()),
        column((row) => row.type),
        column((row) => row.problem),
        column((row) => row.error),
        column((row) => row.held.toString()),
      ],
    });
  }

  get isChanged(): boolean {
    return this.held.size > 0;
  }

  /** As it stands once `save` is committed. */
  saved(): ParkingLot {
    return this.isChanged ? new ParkingLot(this.key, this.parked, this.skipped, new Map()) : this;
  }

  private isSkipped({ stream, revision }: { stream: string; revision: bigint }): boolean {
    return this.skipped.size > 0 && this.skipped.has(`${stream}@${revision}`);
  }

  private after(draft: Draft): ParkingLot {
    return draft.held.size === 0 ? this : new ParkingLot(this.key, draft.parked, this.skipped, draft.held);
  }
}

/** Copies only what changes: with nothing parked and nothing to park, a batch costs nothing here. */
class Draft {
  readonly held: Map<string, number>;
  private copy: Map<string, ParkedStream> | null = null;

  constructor(
    private readonly before: ReadonlyMap<string, ParkedStream>,
    private readonly key: CheckpointKey,
    held: ReadonlyMap<string, number> = new Map(),
  ) {
    this.held = new Map(held);
  }

  get parked(): ReadonlyMap<string, ParkedStream> {
    return this.copy ?? this.before;
  }

  holds(stream: string): boolean {
    return this.parked.size > 0 && this.parked.has(stream);
  }

  hold(stream: string): void {
    this.held.set(stream, (this.held.get(stream) ?? 0) + 1);
  }

  park(parked: ParkedStream): void {
    this.copy ??= new Map(this.before);
    this.copy.set(parked.stream, parked);
    if (this.copy.size > MOST_PARKED) throw new TooManyParked(this.key);
    this.hold(parked.stream);
  }
}
