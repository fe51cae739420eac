import type { LogPosition } from '../../application/ports/event-store';
import type { ProjectionSql } from '../../application/ports/projection';
import type { Sql } from '../postgres/database';

/** Whose checkpoint. */
export interface CheckpointKey {
  readonly name: string;
  readonly version: number;
}

/** Another writer has moved the checkpoint: this one must stop at once. */
export class CheckpointTaken extends Error {
  constructor(key: CheckpointKey) {
    super(`another process has moved the checkpoint of ${key.name} v${key.version}`);
    this.name = 'CheckpointTaken';
  }
}

/** Is `a` behind `b` in `$all`? Null lies before the first event. */
export function isBefore(a: LogPosition | null, b: LogPosition | null): boolean {
  if (b === null) return false;
  if (a === null) return true;
  return a.commit < b.commit || (a.commit === b.commit && a.prepare < b.prepare);
}

interface Row {
  commit_position: string | null;
  prepare_position: string | null;
}

/** The version whose rows serve; null: the projection was never run. */
export async function servingVersion(sql: ProjectionSql, name: string): Promise<number | null> {
  const { rows } = await sql.query<{ version: number }>({
    text: 'SELECT version FROM projection_checkpoints WHERE name = $1',
    values: [name],
  });
  return rows[0]?.version ?? null;
}

/** Makes the checkpoint's row where it is missing. Null: nothing applied yet. @throws CheckpointTaken by another version */
export async function loadCheckpoint(sql: ProjectionSql, key: CheckpointKey): Promise<LogPosition | null> {
  await sql.query({
    text: 'INSERT INTO projection_checkpoints (name, version) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [key.name, key.version],
  });
  const { rows } = await sql.query<Row>({
    text: 'SELECT commit_position, prepare_position FROM projection_checkpoints WHERE name = $1 AND version = $2',
    values: [key.name, key.version],
  });
  if (rows.length === 0) throw new CheckpointTaken(key);
  return positionOf(rows[0]);
}

/**
 * A batch names its rows by their keys, a few thousand at most. A prepared statement keeps the plan that it was given while its
 * table was almost empty until the statistics change, which takes minutes: it must not be the one that reads all rows.
 */
const BATCH_SETTINGS = {
  synchronous_commit: 'off',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};
const TAKE_SETTINGS = Object.entries(BATCH_SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ');

/**
 * Moves the checkpoint from exactly `from` to `to`; first statement of the batch's transaction, so that a second writer
 * waits here and then finds that it lost. The transaction is not synced at its commit: what a crash of Postgres takes of
 * rows it takes of the checkpoint too, and the log has it all.
 * @returns how often somebody has intervened beside the feed, see `noteIntervention`.
 * @throws CheckpointTaken
 */
export async function moveCheckpoint(
  sql: ProjectionSql,
  key: CheckpointKey,
  from: LogPosition | null,
  to: LogPosition,
  batch: { readonly events: number; readonly lastEventAt: string | null },
): Promise<bigint> {
  const { rows } = await sql.query<{ interventions: string }>({
    name: 'move_checkpoint',
    text: `UPDATE projection_checkpoints
              SET commit_position = $3, prepare_position = $4, events = events + $5,
                  last_event_at = coalesce($6::timestamptz, last_event_at), updated_at = now()
            WHERE name = $1 AND version = $2
              AND commit_position IS NOT DISTINCT FROM $7::bigint
              AND prepare_position IS NOT DISTINCT FROM $8::bigint
        RETURNING interventions, ${TAKE_SETTINGS}`,
    values: [
      key.name,
      key.version,
      to.commit.toString(),
      to.prepare.toString(),
      batch.events,
      batch.lastEventAt,
      from?.commit.toString() ?? null,
      from?.prepare.toString() ?? null,
    ],
  });
  const row = rows[0];
  if (row === undefined) throw new CheckpointTaken(key);
  return BigInt(row.interventions);
}

/** Where the version that serves stands; null: nothing applied yet, or never run. */
export async function readPosition(sql: ProjectionSql, name: string): Promise<LogPosition | null> {
  const { rows } = await sql.query<Row>({
    text: 'SELECT commit_position, prepare_position FROM projection_checkpoints WHERE name = $1',
    values: [name],
  });
  return positionOf(rows[0]);
}

/** The same, and until the transaction ends no runner moves it. */
export async function holdCheckpoint(sql: ProjectionSql, name: string): Promise<LogPosition | null> {
  const { rows } = await sql.query<Row>({
    text: 'SELECT commit_position, prepare_position FROM projection_checkpoints WHERE name = $1 FOR UPDATE',
    values: [name],
  });
  return positionOf(rows[0]);
}

/** A version that has applied nothing gives way to another one. */
export async function adoptVersion(sql: ProjectionSql, key: CheckpointKey): Promise<void> {
  await sql.query({
    text: 'UPDATE projection_checkpoints SET version = $2 WHERE name = $1 AND commit_position IS NULL',
    values: [key.name, key.version],
  });
}

/**
 * Holds the checkpoint until the transaction ends, so that no runner writes meanwhile, and tells the next batch that what
 * is parked may have changed. @returns where it stands; null: nothing applied yet, or no such projection.
 */
export async function noteIntervention(sql: ProjectionSql, key: CheckpointKey): Promise<LogPosition | null> {
  const { rows } = await sql.query<Row>({
    text: `UPDATE projection_checkpoints SET interventions = interventions + 1
            WHERE name = $1 AND version = $2 RETURNING commit_position, prepare_position`,
    values: [key.name, key.version],
  });
  return positionOf(rows[0]);
}

function positionOf(row: Row | undefined): LogPosition | null {
  if (row?.commit_position == null || row.prepare_position == null) return null;
  return { commit: BigInt(row.commit_position), prepare: BigInt(row.prepare_position) };
}

export interface CheckpointReport {
  readonly name: string;
  readonly version: number;
  /** `commit/prepare`; null: nothing applied yet. */
  readonly position: string | null;
  /** Events that reached it. */
  readonly events: string;
  /** ISO: the store's time of the last event handled. */
  readonly last_event_at: string | null;
  /** ISO. */
  readonly updated_at: string;
}

/** Where every projection stands, as its last batch has left it. */
export async function readCheckpoints(sql: Sql): Promise<CheckpointReport[]> {
  const { rows } = await sql.query<
    Omit<CheckpointReport, 'last_event_at' | 'updated_at'> & { last_event_at: Date | null; updated_at: Date }
  >({
    text: `SELECT name, version, commit_position || '/' || prepare_position AS position, events, last_event_at, updated_at
             FROM projection_checkpoints ORDER BY name, version`,
  });
  return rows.map((row) => ({
    ...row,
    last_event_at: row.last_event_at?.toISOString() ?? null,
    updated_at: row.updated_at.toISOString(),
  }));
}
