import type { EnvelopeProjection, ProjectionSql } from '../../application/ports/projection';
import type { FeedItem } from '../../application/ports/subscriptions';
import { sqlArray } from '../shared/sql-array';
import { auditFacts, chainHash, type AuditFacts } from './audit-row';

interface Head {
  seq: string;
  hash: Buffer;
  commit_position: string;
  prepare_position: string;
}

/** Columns as arrays, in the order in which INSERT takes them. */
const COLUMNS = [
  ['event_id', 'uuid'],
  ['stream', 'text'],
  ['revision', 'bigint'],
  ['type', 'text'],
  ['data_sha256', 'text'],
  ['metadata_sha256', 'text'],
  ['recorded_at', 'timestamptz'],
  ['at', 'timestamptz'],
  ['actor_kind', 'text'],
  ['actor_id', 'text'],
  ['correlation_id', 'text'],
  ['customer_id', 'text'],
] as const satisfies readonly (readonly [keyof AuditFacts, string])[];

const insertInto = (table: string): string => `
  INSERT INTO ${table} (seq, event_id, stream, revision, type, data_sha256, metadata_sha256, recorded_at, at,
                         actor_kind, actor_id, correlation_id, customer_id, hash)
  SELECT $1::bigint + place, event_id, stream, revision, type, decode(data_sha256, 'hex'), decode(metadata_sha256, 'hex'),
         recorded_at, at, actor_kind, actor_id, correlation_id, customer_id, decode(hash, 'hex')
    FROM unnest($2::text[], ${COLUMNS.map(([, type], i) => `$${i + 3}::${type}[]`).join(', ')}) WITH ORDINALITY
      AS x(hash, ${COLUMNS.map(([name]) => name).join(', ')}, place)`;

/** Where the rows and the end of their chain stand. */
export interface AuditTables {
  readonly log: string;
  readonly head: string;
}

const SERVING: AuditTables = { log: 'audit_log', head: 'audit_head' };

/** One row for every event of the log, decodable or not, chained in the order of `$all`. */
export const auditProjection: EnvelopeProjection = {
  kind: 'envelopes',
  name: 'audit',
  version: 1,
  apply: (items, sql) => appendAudit(items, sql, SERVING),
};

/** Appends what lies after the end of the chain, and moves the end. */
export async function appendAudit(items: readonly FeedItem[], sql: ProjectionSql, tables: AuditTables): Promise<void> {
  const head = await lockHead(sql, tables.head);
  let seq = BigInt(head.seq);
  let hash = head.hash.toString('hex');
  const rows: AuditFacts[] = [];
  const hashes: string[] = [];
  for (const item of items) {
    if (!follows(item, head)) continue;
    const facts = auditFacts(item);
    seq += 1n;
    hash = chainHash(facts, seq, hash);
    rows.push(facts);
    hashes.push(hash);
  }
  const last = items.at(-1);
  if (rows.length === 0 || last === undefined) return;
  const columns = COLUMNS.map(([name]) => sqlArray(rows.map((row) => row[name])));
  await sql.query({
    name: `${tables.log}_insert`,
    text: insertInto(tables.log),
    values: [head.seq, sqlArray(hashes), ...columns],
  });
  const { commit, prepare } = last.event.position;
  await sql.query({
    name: `${tables.head}_move`,
    text: `UPDATE ${tables.head} SET seq = $1, hash = decode($2, 'hex'), commit_position = $3, prepare_position = $4`,
    values: [seq.toString(), hash, commit.toString(), prepare.toString()],
  });
}

async function lockHead(sql: ProjectionSql, table: string): Promise<Head> {
  const { rows } = await sql.query<Head>({
    name: `${table}_lock`,
    text: `SELECT seq, hash, commit_position, prepare_position FROM ${table} FOR UPDATE`,
  });
  const head = rows[0];
  if (head === undefined) throw new Error(`${table} has lost its row: the end of the chain is not known`);
  return head;
}

/** What lies at or before the end of the chain stands in it already. */
function follows(item: FeedItem, head: Head): boolean {
  const { commit, prepare } = item.event.position;
  const end = BigInt(head.commit_position);
  return commit > end || (commit === end && prepare > BigInt(head.prepare_position));
}
