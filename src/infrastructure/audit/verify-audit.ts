import type { VerifyingKey } from './signing-keys';
import type { Database, Sql } from '../postgres/database';
import { accessChain, auditChain } from './chained-log';
import { compareWithLog, type Comparison, type ComparisonInput } from './compare-with-log';
import type { HeadsFile } from './heads-file';
import { checkHeads, type LogName, type SignedHead } from './signed-head';
import { verifyChain, type ChainReport, type Finding, type Progress } from './verify-chain';

/** What has been shown of both logs, and the first place of each where it could not be. */
export interface AuditReport {
  readonly audit: ChainReport;
  readonly access: ChainReport;
  readonly heads: {
    /** Lines that hold. */
    readonly checked: number;
    /** The last row of each log that a head names. */
    readonly last: Readonly<Record<LogName, bigint | null>>;
    /** Rows of the audit log behind which it was made anew from an event log that was accepted with a loss, and when. */
    readonly restored: readonly { readonly after: bigint; readonly at: string }[];
    /** Something that is no whole line stands at the end: a crash while one was written. */
    readonly torn: boolean;
  };
  /** Null: the event log was left out. */
  readonly comparison: Comparison | null;
  /** Empty: all of it holds. */
  readonly findings: readonly Finding[];
}

export interface VerifyInput {
  readonly file: HeadsFile;
  readonly keys: readonly VerifyingKey[];
  /** How to compare with the event log; null: by chain and heads alone. */
  readonly comparison: ((sql: Sql) => Promise<ComparisonInput>) | null;
  readonly progress?: (what: string, rows: bigint) => void;
}

/** Everything read within it is of one moment. */
export async function inSnapshot<T>(database: Database, work: (sql: Sql) => Promise<T>): Promise<T> {
  return database.transaction(async (sql) => {
    await sql.query({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY' });
    return work(sql);
  });
}

/** Proves both logs as far as they can be proven. @param sql one snapshot */
export async function verifyAudit(sql: Sql, input: VerifyInput): Promise<AuditReport> {
  const { file, keys, comparison: compare, progress } = input;
  // The snapshot begins with the first statement: heads read after it may name rows that it does not show, so they come first.
  const { lines, torn } = file.read();
  const { heads, restored, fault } = checkHeads(lines, keys);
  const of = (log: LogName): SignedHead[] => heads.filter((head) => head.log === log);
  const reporting =
    (what: string): Progress =>
    (rows) =>
      progress?.(what, rows);
  const audit = await verifyChain(sql, auditChain(), of('audit'), reporting('chain'));
  const access = await verifyChain(sql, accessChain, of('access'), reporting('access log'));
  const comparison = compare === null ? null : await compareWithLog(sql, await compare(sql), reporting('event log'));
  const found: (Finding | null)[] = [
    fault === null ? null : headFinding(fault.line, `line ${fault.line} of the file of heads ${fault.detail}`),
    unsigned(comparison, audit, of('audit')),
    // The comparison names the row exactly; the chain alone may only know between which heads it lies.
    comparison?.finding ?? audit.finding,
    access.finding,
  ];
  const last = { audit: of('audit').at(-1)?.seq ?? null, access: of('access').at(-1)?.seq ?? null };
  return {
    audit,
    access,
    heads: { checked: heads.length, last, torn, restored: restored.map(({ seq, time }) => ({ after: seq, at: time })) },
    comparison,
    findings: found.filter((finding) => finding !== null),
  };
}

const headFinding = (line: number, detail: string): Finding => ({
  log: 'heads',
  row: BigInt(line),
  since: BigInt(line - 1),
  detail,
});

/** A chain that nothing outside Postgres vouches for proves nothing: whoever can write rows can compute hashes. */
function unsigned(comparison: Comparison | null, audit: ChainReport, heads: readonly SignedHead[]): Finding | null {
  if (comparison !== null || heads.length > 0 || audit.rows === 0n) return null;
  return headFinding(1, 'no signed head names a row, and the event log was left out: the chain alone proves nothing');
}
