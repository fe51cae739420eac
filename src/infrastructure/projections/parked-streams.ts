import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import type { FeedItem, StreamItems } from '../../application/ports/subscriptions';
import { noteIntervention, type CheckpointKey } from './checkpoints';
import { applyIsolating } from './isolate';
import type { ParkedStream, ParkingProblem } from './parking-lot';
import type { RunnerDatabase } from './projection-runner';

/** As operators see it. */
export interface ParkedReport {
  readonly projection: string;
  readonly version: number;
  readonly stream: string;
  /** Of the event that is to blame. */
  readonly revision: string;
  readonly type: string;
  readonly problem: ParkingProblem;
  readonly error: string;
  /** Events held back so far. */
  readonly held: string;
  /** ISO. */
  readonly since: string;
}

export interface Release {
  /** `skip` passes over the event that is to blame, for good; `retry` tries it again. */
  readonly action: 'retry' | 'skip';
  readonly stream: string;
  /** Who does it. */
  readonly actor: string;
  /** Why; a skip needs one. */
  readonly note: string | null;
}

export interface Released {
  readonly applied: number;
  /** Where it is parked now; null: it flows. */
  readonly parkedAt: bigint | null;
}

/** There is nothing to let go. */
export class NotParked extends Error {
  constructor({ name, version }: CheckpointKey, stream: string) {
    super(`${stream} is not parked for ${name} v${version}`);
    this.name = 'NotParked';
  }
}

const PAGE = 1_000;

/** All that is held back, by projection and stream. */
export async function listParked(sql: ProjectionSql): Promise<ParkedReport[]> {
  const { rows } = await sql.query<Omit<ParkedReport, 'since'> & { since: Date }>({
    text: `SELECT projection, version, stream, revision, type, problem, error, held, since
             FROM parked_streams ORDER BY projection, stream`,
  });
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/**
 * Reads a parked stream again from where it is parked and applies what was held back, in the transaction that takes it off
 * the list; the runner waits meanwhile, and goes on with what comes after. Parks it again where it meets an event that is
 * no good. Leaves a note of who did it.
 * @throws NotParked; StreamDeleted, StoreUnavailable; what Postgres throws where no event is to blame.
 */
export async function letGo(
  parts: { readonly database: RunnerDatabase; readonly store: StreamItems },
  projection: EventProjection,
  { action, stream, actor, note }: Release,
): Promise<Released> {
  const key: CheckpointKey = projection;
  return parts.database.transaction(async (sql) => {
    await noteIntervention(sql, key);
    const { rows } = await sql.query<{ revision: string }>({
      text: `DELETE FROM parked_streams WHERE projection = $1 AND version = $2 AND stream = $3 RETURNING revision`,
      values: [key.name, key.version, stream],
    });
    const row = rows[0];
    if (row === undefined) throw new NotParked(key, stream);
    const revision = BigInt(row.revision);
    const replay = new Replay(projection, sql);
    const from = action === 'skip' ? revision + 1n : revision;
    for (let next = from; ; next += BigInt(PAGE)) {
      const items = await parts.store.readItems(stream, next, PAGE);
      await replay.take(items);
      if (items.length < PAGE) break;
    }
    if (replay.parked !== null) await parkAgain(sql, key, replay.parked, replay.held);
    const parkedAt = replay.parked?.revision ?? null;
    await sql.query({
      text: `INSERT INTO projection_interventions
                    (actor, action, note, projection, version, stream, revision, applied, parked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        ...[actor, action, note, key.name, key.version, stream],
        ...[revision.toString(), replay.applied, parkedAt?.toString() ?? null],
      ],
    });
    return { applied: replay.applied, parkedAt };
  });
}

/** Applies a stream's events page by page, until one is no good; what follows is counted only. */
class Replay {
  parked: ParkedStream | null = null;
  applied = 0;
  held = 0;

  constructor(
    private readonly projection: EventProjection,
    private readonly sql: ProjectionSql,
  ) {}

  async take(items: readonly FeedItem[]): Promise<void> {
    const wanted = items.filter(({ event }) => this.projection.handles.includes(event.type));
    const good: RecordedEvent[] = [];
    for (const item of wanted) {
      if (item.kind === 'event') good.push(item.event);
      else break;
    }
    if (this.parked === null) await this.apply(good);
    const bad = wanted[good.length];
    if (this.parked === null && bad?.kind === 'undecodable' && bad.event.problem !== 'unknown_type') {
      const { stream, revision, type, problem, detail: error } = bad.event;
      this.parked = { stream, revision, type, problem, error };
    }
    const parkedAt = this.parked?.revision;
    if (parkedAt !== undefined) this.held += wanted.filter(({ event }) => event.revision >= parkedAt).length;
  }

  private async apply(events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) return;
    const [culprit] = await applyIsolating(this.projection, events, this.sql);
    if (culprit === undefined) {
      this.applied += events.length;
      return;
    }
    const { stream, revision, type } = culprit.event;
    this.applied += events.filter((event) => event.revision < revision).length;
    this.parked = { stream, revision, type, problem: 'apply_failed', error: culprit.error };
  }
}

async function parkAgain(sql: ProjectionSql, key: CheckpointKey, parked: ParkedStream, held: number): Promise<void> {
  const { stream, revision, type, problem, error } = parked;
  await sql.query({
    text: `INSERT INTO parked_streams (projection, version, stream, revision, type, problem, error, held)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [key.name, key.version, stream, revision.toString(), type, problem, error, held],
  });
}
