import type { AuditFilter } from '../../projections/audit/audit-query';
import type { ChainEnd, Link } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import { accessHash, type AccessFacts } from './access-row';

export interface AccessSqlRow extends AccessFacts {
  readonly seq: string;
  readonly hash: string;
}

/** A time exactly as it stands, down to the microsecond: what was written has whole milliseconds. */
export const ACCESS_COLUMNS = `seq, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, request_id, method,
  route, status, code, reason, customer_id, key_id, resource, count, encode(hash, 'hex') AS hash`;

/** Whole milliseconds read as they were written; anything finer stays and fits no hash. */
export const accessFactsOf = ({ seq: _seq, hash: _hash, ...facts }: AccessSqlRow): AccessFacts => ({
  ...facts,
  at: facts.at.endsWith('000Z') ? `${facts.at.slice(0, -4)}Z` : facts.at,
});

export async function accessLinks(sql: Sql, after: bigint, limit: number): Promise<Link[]> {
  const { rows } = await sql.query<AccessSqlRow>({
    text: `SELECT ${ACCESS_COLUMNS} FROM access_log WHERE seq > $1 ORDER BY seq LIMIT $2`,
    values: [after.toString(), limit],
  });
  return rows.map((row) => {
    const facts = accessFactsOf(row);
    return {
      seq: BigInt(row.seq),
      hash: row.hash,
      hashAfter: (previous, seq) => accessHash(facts, seq, previous),
    };
  });
}

/** What was refused, newest first. */
export async function newestRefusedCalls(sql: Sql, filter: AuditFilter, limit: number): Promise<AccessSqlRow[]> {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const where = accessWhere(filter, param);
  const { rows } = await sql.query<AccessSqlRow>({
    text: `SELECT ${ACCESS_COLUMNS} FROM access_log ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
            ORDER BY seq DESC LIMIT ${param(limit)}`,
    values,
  });
  return rows.map((row) => ({ ...row, ...accessFactsOf(row) }));
}

/** Null: the note itself is missing. */
export async function accessEnd(sql: Sql): Promise<ChainEnd | null> {
  const { rows } = await sql.query<{ seq: string; hash: string }>({
    text: `SELECT seq, encode(hash, 'hex') AS hash FROM access_head`,
  });
  const row = rows[0];
  return row === undefined || rows.length > 1 ? null : { seq: BigInt(row.seq), hash: row.hash };
}

const COLUMNS = [
  ['id', 'uuid'],
  ['at', 'timestamptz'],
  ['request_id', 'text'],
  ['method', 'text'],
  ['route', 'text'],
  ['status', 'integer'],
  ['code', 'text'],
  ['reason', 'text'],
  ['customer_id', 'text'],
  ['key_id', 'text'],
  ['resource', 'text'],
  ['count', 'integer'],
] as const satisfies readonly (readonly [keyof AccessFacts, string])[];

const NAMES = COLUMNS.map(([name]) => name).join(', ');
const INSERT = `
  INSERT INTO access_log (seq, ${NAMES}, hash)
  SELECT $1::bigint + place, ${NAMES}, decode(hash, 'hex')
    FROM unnest($2::text[], ${COLUMNS.map(([, type], i) => `$${i + 3}::${type}[]`).join(', ')}) WITH ORDINALITY
      AS x(hash, ${NAMES}, place)`;

/**
 * Appends to the end of the chain, in a transaction of the caller's: the lock on the end makes its writers take turns. What
 * stands in the log already is left out.
 */
export async function appendAccess(sql: Sql, all: readonly AccessFacts[]): Promise<void> {
  const { rows } = await sql.query<{ seq: string; hash: string }>({
    name: 'access_lock',
    text: `SELECT seq, encode(hash, 'hex') AS hash FROM access_head FOR UPDATE`,
  });
  const end = rows[0];
  if (end === undefined) throw new Error('access_head has lost its row: the end of the chain is not known');
  const { rows: known } = await sql.query<{ id: string }>({
    name: 'access_known',
    text: 'SELECT id FROM access_log WHERE id = ANY($1::uuid[])',
    values: [all.map(({ id }) => id)],
  });
  const written = new Set(known.map(({ id }) => id));
  const calls = all.filter(({ id }) => !written.has(id));
  if (calls.length === 0) return;
  let { hash } = end;
  let seq = BigInt(end.seq);
  const hashes: string[] = [];
  for (const facts of calls) {
    seq += 1n;
    hash = accessHash(facts, seq, hash);
    hashes.push(hash);
  }
  const columns = COLUMNS.map(([name]) => calls.map((facts) => facts[name]));
  await sql.query({ name: 'access_insert', text: INSERT, values: [end.seq, hashes, ...columns] });
  await sql.query({
    name: 'access_head',
    text: `UPDATE access_head SET seq = $1, hash = decode($2, 'hex')`,
    values: [seq.toString(), hash],
  });
}

/** Of the filters, those that refused calls have. */
export function accessWhere(filter: AuditFilter, param: (value: unknown) => string): string[] {
  const where: string[] = [];
  const { customerId, actorId, streams, action, from, to, asOf, correlationId } = filter;
  if (customerId !== undefined) where.push(`customer_id = ${param(customerId)}`);
  if (actorId !== undefined) where.push(`key_id = ${param(actorId)}`);
  if (streams !== undefined) where.push(`resource = ANY(${param(streams.map(idOfStream))}::text[])`);
  if (action !== undefined) where.push(`${param(action)} IN (code, reason)`);
  if (from !== undefined) where.push(`at >= ${param(from)}::timestamptz`);
  if (to !== undefined) where.push(`at < ${param(to)}::timestamptz`);
  if (asOf !== undefined) where.push(`at <= ${param(asOf)}::timestamptz`);
  if (correlationId !== undefined) where.push(`request_id = ${param(correlationId)}`);
  return where;
}

const idOfStream = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
