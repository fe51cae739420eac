import type { ProjectionSql } from '../../application/ports/projection';
import { AUDIT_COLUMNS, auditRow, type AuditRow, type AuditSqlRow } from './audit-table';

/** Which rows; what is left out narrows nothing. Times: ISO, by the store's clock. */
export interface AuditFilter {
  readonly customerId?: string;
  readonly actorKind?: string;
  readonly actorId?: string;
  /** Full names; a row fits that has one of them. */
  readonly streams?: readonly string[];
  /** Event type. */
  readonly action?: string;
  /** Inclusive. */
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
  /** Inclusive: what the log held at that instant. */
  readonly asOf?: string;
  readonly correlationId?: string;
}

/** A row, by what its owner may know of it. */
export interface RowPlace {
  readonly stream: string;
  readonly revision: string;
}

/** The condition of a filter; `param` takes a value and gives its place-holder. */
export function auditWhere(filter: AuditFilter, param: (value: unknown) => string): string[] {
  const where: string[] = [];
  const when = <T>(value: T | undefined, condition: (placeholder: string) => string): void => {
    if (value !== undefined) where.push(condition(param(value)));
  };
  when(filter.customerId, (p) => `customer_id = ${p}`);
  when(filter.actorKind, (p) => `actor_kind = ${p}`);
  when(filter.actorId, (p) => `actor_id = ${p}`);
  when(filter.streams, (p) => `stream = ANY(${p}::text[])`);
  when(filter.action, (p) => `type = ${p}`);
  when(filter.from, (p) => `recorded_at >= ${p}::timestamptz`);
  when(filter.to, (p) => `recorded_at < ${p}::timestamptz`);
  when(filter.asOf, (p) => `recorded_at <= ${p}::timestamptz`);
  when(filter.correlationId, (p) => `correlation_id = ${p}`);
  return where;
}

/** Newest first, at most `limit`, those before the row `before` only; a place that has no row gives none. */
export async function newestAuditRows(
  sql: ProjectionSql,
  filter: AuditFilter,
  limit: number,
  before: RowPlace | null,
): Promise<AuditRow[]> {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const where = auditWhere(filter, param);
  if (before !== null) {
    const place = `stream = ${param(before.stream)} AND revision = ${param(before.revision)}::bigint`;
    where.push(`seq < (SELECT seq FROM audit_log WHERE ${place})`);
  }
  const { rows } = await sql.query<AuditSqlRow>({
    text: `SELECT ${AUDIT_COLUMNS} FROM audit_log ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
            ORDER BY seq DESC LIMIT ${param(limit)}`,
    values,
  });
  return rows.map(auditRow);
}
