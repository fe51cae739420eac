import type { LogPosition } from '../../application/ports/event-store';
import type { Subscriptions } from '../../application/ports/subscriptions';
import { appendAudit } from '../../projections/audit/audit.projection';
import { auditEnd, auditRows, type AuditEnd } from '../../projections/audit/audit-table';
import { GENESIS, type ChainEnd } from '../../projections/shared/hash-chain';
import type { Database, Sql } from '../postgres/database';
import { readLog } from './read-log';
import { giveSameGuards } from './same-guards';

const REBUILT = { log: 'audit_log_rebuilt', head: 'audit_head_rebuilt' };
/** All columns, each byte for byte: the hash alone would do, were it not what has to be shown. */
const DIFFERENCE = `
  SELECT coalesce(a.seq, b.seq)::text AS seq FROM audit_log AS a FULL JOIN ${REBUILT.log} AS b ON a.seq = b.seq
   WHERE coalesce(a.seq, b.seq) <= $1 AND a.* IS DISTINCT FROM b.*
   ORDER BY coalesce(a.seq, b.seq) LIMIT 1`;

export interface ReplayReport {
  /** Rows made from the event log. */
  readonly rows: bigint;
  /** Hash of the last of them, hex: two logs with the same one are the same, row for row. */
  readonly hash: string;
  /** First row that stood there otherwise than the event log has it; null: it was the same, byte for byte. */
  readonly differsAt: bigint | null;
  /** First signed row that the event log makes otherwise: then the event log itself was altered, and nothing is replaced. */
  readonly contradictsHeadAt: bigint | null;
  /** Whether the rebuilt table serves now. */
  readonly swapped: boolean;
  /** Where the log is kept that was replaced because it differed; null: none was. */
  readonly keptAs: string | null;
  /** Last row of the old log that stands in the new one, where an event log was accepted with a loss; else null. */
  readonly restoredAfter: bigint | null;
}

export interface ReplayInput {
  readonly subscriptions: Subscriptions;
  readonly heads: readonly ChainEnd[];
  /** Signs that heads of rows behind this one speak of a log that was lost. */
  readonly signRestored: (sql: Sql, row: ChainEnd) => Promise<void>;
  /** Whether a log that differs may be replaced; it is then kept beside the new one. */
  readonly replace: boolean;
  /** Stamp for the name of what is kept, from the clock: digits only. */
  readonly stamp: string;
  readonly progress?: (rows: bigint) => void;
}

/**
 * Builds the audit log anew from the event log in a table of its own, compares, and puts it in the place of the old one. The
 * connection must be its owner's. The log goes on being written meanwhile; the projection waits only for the last step.
 */
export async function replayAudit(database: Database, input: ReplayInput): Promise<ReplayReport> {
  const { subscriptions, heads, progress = () => undefined } = input;
  await database.transaction((sql) => emptyTables(sql));
  try {
    await fill(database, subscriptions, null, progress);
    return await database.transaction(async (sql) => {
      await sql.query({ text: 'SET LOCAL statement_timeout = 0' });
      // From here on the projection waits.
      await sql.query({ text: 'SELECT 1 FROM audit_head FOR UPDATE' });
      const seeAll = await liftForce(sql);
      const serving = await endOf(sql, 'audit_head');
      const before = await endOf(sql, REBUILT.head);
      if (before.seq < serving.seq) await fillWithin(sql, subscriptions, before.position, progress);
      const built = await endOf(sql, REBUILT.head);
      const common = built.seq < serving.seq ? built.seq : serving.seq;
      const differsAt = built.seq < serving.seq ? built.seq + 1n : null;
      const first = (await difference(sql, common)) ?? differsAt;
      // What an operator has accepted as lost is no contradiction; what was signed before it must be as it was.
      const same = (await isAccepted(sql)) && first !== null ? first - 1n : null;
      const contradictsHeadAt = await contradiction(
        sql,
        same === null ? heads : heads.filter(({ seq }) => seq <= same),
      );
      const report = { rows: built.seq, hash: built.hash, differsAt: first, contradictsHeadAt, restoredAfter: same };
      const keep = contradictsHeadAt !== null || (first !== null && !input.replace);
      const keptAs = first === null || keep ? null : `audit_log_replaced_${input.stamp}`;
      if (!keep && same !== null && heads.some(({ seq }) => seq > same)) {
        await input.signRestored(sql, await rowOf(sql, same));
      }
      if (!keep) await swap(sql, keptAs);
      for (const table of keep ? ['audit_log'] : ['audit_log', ...(keptAs === null ? [] : [keptAs])]) {
        if (seeAll) await sql.query({ text: `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY` });
      }
      return { ...report, swapped: !keep, keptAs };
    });
  } finally {
    await database.transaction((sql) => dropTables(sql));
  }
}

async function dropTables(sql: Sql): Promise<void> {
  await sql.query({ text: `DROP TABLE IF EXISTS ${REBUILT.log}, ${REBUILT.head}` });
}

async function emptyTables(sql: Sql): Promise<void> {
  await dropTables(sql);
  await sql.query({ text: `CREATE TABLE ${REBUILT.log} (LIKE audit_log INCLUDING ALL)` });
  await sql.query({ text: `CREATE TABLE ${REBUILT.head} (LIKE audit_head INCLUDING ALL)` });
  await sql.query({
    text: `INSERT INTO ${REBUILT.head} (seq, hash, commit_position, prepare_position)
           VALUES (0, decode('${GENESIS}', 'hex'), -1, -1)`,
  });
}

async function fill(
  database: Database,
  subscriptions: Subscriptions,
  from: LogPosition | null,
  progress: (rows: bigint) => void,
): Promise<void> {
  let rows = 0n;
  for await (const items of readLog(subscriptions, from)) {
    await database.transaction(async (sql) => {
      await sql.query({ text: 'SET LOCAL synchronous_commit = off' });
      await appendAudit(items, sql, REBUILT);
    });
    rows += BigInt(items.length);
    progress(rows);
  }
}

async function fillWithin(
  sql: Sql,
  subscriptions: Subscriptions,
  from: LogPosition,
  progress: (rows: bigint) => void,
): Promise<void> {
  for await (const items of readLog(subscriptions, from.commit < 0n ? null : from)) {
    await appendAudit(items, sql, REBUILT);
    progress((await endOf(sql, REBUILT.head)).seq);
  }
}

/** Row-level security that is forced binds the owner too, who must see all rows to compare them. True: it was lifted. */
async function liftForce(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ forced: boolean }>({
    text: `SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'audit_log'::regclass`,
  });
  if (rows[0]?.forced !== true) return false;
  await sql.query({ text: 'ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY' });
  return true;
}

async function endOf(sql: Sql, table: string): Promise<AuditEnd> {
  const end = await auditEnd(sql, table);
  if (end === null) throw new Error(`${table} has lost its row: the end of the chain is not known`);
  return end;
}

async function difference(sql: Sql, upTo: bigint): Promise<bigint | null> {
  const { rows } = await sql.query<{ seq: string }>({ text: DIFFERENCE, values: [upTo.toString()] });
  return rows[0] === undefined ? null : BigInt(rows[0].seq);
}

/** Whether the event log was accepted with a loss, and the audit log not made anew since. */
async function isAccepted(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query({ text: `SELECT 1 FROM rebuilds_owed WHERE projection = 'audit'` });
  return rows.length > 0;
}

async function rowOf(sql: Sql, seq: bigint): Promise<ChainEnd> {
  const [row] = await auditRows(sql, seq - 1n, 1, REBUILT.log);
  return seq === 0n || row === undefined ? { seq: 0n, hash: GENESIS } : { seq, hash: row.hash };
}

async function contradiction(sql: Sql, heads: readonly ChainEnd[]): Promise<bigint | null> {
  const { rows } = await sql.query<{ seq: string | null }>({
    text: `SELECT min(h.seq)::text AS seq
             FROM unnest($1::bigint[], $2::text[]) AS h(seq, hash) LEFT JOIN ${REBUILT.log} AS b USING (seq)
            WHERE b.hash IS DISTINCT FROM decode(h.hash, 'hex')`,
    values: [heads.map(({ seq }) => seq.toString()), heads.map(({ hash }) => hash)],
  });
  return rows[0]?.seq == null ? null : BigInt(rows[0].seq);
}

/** The old table goes, or stays beside as evidence, append-only as before. What was owed is done. */
async function swap(sql: Sql, keptAs: string | null): Promise<void> {
  await giveSameGuards(sql, 'audit_log', REBUILT.log);
  await sql.query({ text: keptAs === null ? 'DROP TABLE audit_log' : `ALTER TABLE audit_log RENAME TO ${keptAs}` });
  await sql.query({ text: `ALTER TABLE ${REBUILT.log} RENAME TO audit_log` });
  await sql.query({
    text: `UPDATE audit_head AS h
              SET seq = b.seq, hash = b.hash, commit_position = b.commit_position, prepare_position = b.prepare_position
             FROM ${REBUILT.head} AS b`,
  });
  await sql.query({ text: `DELETE FROM rebuilds_owed WHERE projection = 'audit'` });
}
