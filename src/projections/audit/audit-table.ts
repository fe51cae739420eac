import type { ProjectionSql } from '../../application/ports/projection';
import type { AuditFacts } from './audit-row';

/** A row of the log as it stands in Postgres. */
export interface AuditRow {
  readonly seq: bigint;
  readonly facts: AuditFacts;
  /** Hex. */
  readonly hash: string;
}

export interface AuditSqlRow extends AuditFacts {
  readonly seq: string;
  readonly hash: string;
}

/**
 * A time exactly as it stands: down to the microsecond, below which Postgres keeps nothing, so that no change of it can hide
 * behind a conversion. What was written has whole milliseconds.
 */
const exactTime = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`;

/** The columns of a row as `auditRow` takes them. */
export const AUDIT_COLUMNS = `seq, event_id, stream, revision, type, encode(data_sha256, 'hex') AS data_sha256,
  encode(metadata_sha256, 'hex') AS metadata_sha256, ${exactTime('recorded_at')}, ${exactTime('at')}, actor_kind, actor_id,
  correlation_id, customer_id, encode(hash, 'hex') AS hash`;

/** Whole milliseconds read as they were written; anything finer stays and fits no hash. */
const asWritten = (time: string): string => (time.endsWith('000Z') ? `${time.slice(0, -4)}Z` : time);

export function auditRow({ seq, hash, ...facts }: AuditSqlRow): AuditRow {
  const { recorded_at, at } = facts;
  return {
    seq: BigInt(seq),
    hash,
    facts: { ...facts, recorded_at: asWritten(recorded_at), at: at === null ? null : asWritten(at) },
  };
}

/** Rows after place `after` in order, at most `limit`. @param table another one of the same shape, by its plain name. */
export async function auditRows(
  sql: ProjectionSql,
  after: bigint,
  limit: number,
  table = 'audit_log',
): Promise<AuditRow[]> {
  const { rows } = await sql.query<AuditSqlRow>({
    text: `SELECT ${AUDIT_COLUMNS} FROM ${table} WHERE seq > $1 ORDER BY seq LIMIT $2`,
    values: [after.toString(), limit],
  });
  return rows.map(auditRow);
}

/** The end of the chain as it is noted beside the log. */
export interface AuditEnd {
  readonly seq: bigint;
  /** Hex. */
  readonly hash: string;
  /** Of the last event in it; below zero: of none yet. */
  readonly position: { readonly commit: bigint; readonly prepare: bigint };
}

/** Null: the note itself is missing. */
export async function auditEnd(sql: ProjectionSql, table = 'audit_head'): Promise<AuditEnd | null> {
  const { rows } = await sql.query<{ seq: string; hash: string; commit_position: string; prepare_position: string }>({
    text: `SELECT seq, encode(hash, 'hex') AS hash, commit_position, prepare_position FROM ${table}`,
  });
  const row = rows[0];
  if (row === undefined || rows.length > 1) return null;
  const position = { commit: BigInt(row.commit_position), prepare: BigInt(row.prepare_position) };
  return { seq: BigInt(row.seq), hash: row.hash, position };
}
