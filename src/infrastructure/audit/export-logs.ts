import { auditWhere, type AuditFilter } from '../../projections/audit/audit-query';
import { AUDIT_COLUMNS, auditRow, type AuditSqlRow } from '../../projections/audit/audit-table';
import { canonicalJson } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import { ACCESS_COLUMNS, accessFactsOf, accessWhere, type AccessSqlRow } from './access-table';
import { csvLine } from './csv';
import type { LogName } from './signed-head';

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const PAGE = 2_000;

/** A row as it is exported: all its columns as texts, the hash among them. */
type Exported = Readonly<Record<string, string | null>>;

const AUDIT_NAMES = [
  ...([
    'seq',
    'event_id',
    'stream',
    'revision',
    'type',
    'data_sha256',
    'metadata_sha256',
    'recorded_at',
    'at',
  ] as const),
  ...(['actor_kind', 'actor_id', 'correlation_id', 'customer_id', 'hash'] as const),
];
const ACCESS_NAMES = [
  ...(['seq', 'id', 'at', 'request_id', 'method', 'route', 'status', 'code', 'reason'] as const),
  ...(['customer_id', 'key_id', 'resource', 'count', 'hash'] as const),
];

function auditExport(row: AuditSqlRow): Exported {
  const { seq, facts, hash } = auditRow(row);
  return { ...facts, seq: seq.toString(), hash };
}

function accessExport(row: AccessSqlRow): Exported {
  const { status, count, ...facts } = accessFactsOf(row);
  return { ...facts, status: String(status), count: String(count), seq: row.seq, hash: row.hash };
}

/**
 * The rows of a log in order, as lines with their ends, a page at a time through a cursor: as long as the log is, it never
 * stands in memory. Must run within one transaction. JSON Lines: members by name, so that a row's hash can be made of its line.
 */
export async function* exportLog(
  sql: Sql,
  log: LogName,
  format: ExportFormat,
  filter: AuditFilter,
): AsyncGenerator<string> {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const where = log === 'audit' ? auditWhere(filter, param) : accessWhere(filter, param);
  const columns = log === 'audit' ? AUDIT_COLUMNS : ACCESS_COLUMNS;
  const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
  await sql.query({
    text: `DECLARE exported NO SCROLL CURSOR FOR SELECT ${columns} FROM ${log}_log ${condition} ORDER BY seq`,
    values,
  });
  const names = log === 'audit' ? AUDIT_NAMES : ACCESS_NAMES;
  if (format === 'csv') yield csvLine([...names]);
  for (;;) {
    const { rows } = await sql.query<AuditSqlRow & AccessSqlRow>({ text: `FETCH ${PAGE} FROM exported` });
    if (rows.length === 0) return;
    const lines = rows.map((row) => {
      const exported = log === 'audit' ? auditExport(row) : accessExport(row);
      return format === 'csv' ? csvLine(names.map((name) => exported[name] ?? null)) : `${canonicalJson(exported)}\n`;
    });
    yield lines.join('');
  }
}
