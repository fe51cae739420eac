import type { Clock } from '../../application/ports/clock';
import { ChainWalk, type ChainEnd } from '../../projections/shared/hash-chain';
import type { Database, Sql } from '../postgres/database';
import type { ChainedLog } from './chained-log';
import type { HeadsFile } from './heads-file';
import { checkHeads, headLine, type HeadFacts, type LogName } from './signed-head';
import type { SigningKey, VerifyingKey } from './signing-keys';

/** Only one process signs at a time, whoever believes to lead: any number that nobody else locks. */
export const SIGNING_LOCK = 5_721_947_020;
const PAGE = 2_000;
/** Rows between two heads at most: the next one follows at once where more are waiting. */
const MOST_ROWS_A_HEAD = 20_000;

/** What there is does not follow from what was signed, so nothing more is signed until somebody has looked. */
export class HeadRefused extends Error {
  constructor(detail: string) {
    super(`no head is signed: ${detail}`);
    this.name = 'HeadRefused';
  }
}

interface FileState {
  readonly size: number;
  readonly lastLine: string | null;
  readonly last: ReadonlyMap<LogName, ChainEnd>;
}

/**
 * Signs the ends of the chains into a file outside Postgres. Before it signs, it recomputes every link since the last head
 * and holds the row of that head against it: a history that was rewritten is never signed.
 */
export class HeadSigner {
  private state: FileState | null = null;

  constructor(
    private readonly database: Database,
    private readonly logs: readonly ChainedLog[],
    private readonly file: HeadsFile,
    private readonly keys: { readonly signing: SigningKey; readonly trusted: readonly VerifyingKey[] },
    private readonly clock: Pick<Clock, 'iso'>,
  ) {}

  /**
   * Signs a head of each log that has grown since its last one. Null: another process is at it.
   * @returns the heads signed, and whether rows are left that did not fit under them.
   * @throws HeadRefused, and whatever Postgres or the disk throws
   */
  async sign(): Promise<{ readonly signed: number; readonly more: boolean } | null> {
    return this.database.transaction(async (sql) => {
      const { rows } = await sql.query<{ held: boolean }>({
        text: 'SELECT pg_try_advisory_xact_lock($1) AS held',
        values: [SIGNING_LOCK],
      });
      if (rows[0]?.held !== true) return null;
      let signed = 0;
      let more = false;
      for (const log of this.logs) {
        const last = this.read().last.get(log.name) ?? null;
        const end = await endOf(sql, log, last);
        if (end.seq === (last?.seq ?? 0n)) continue;
        // The connection that holds the lock must be alive, or another process may be signing by now.
        await sql.query({ text: 'SELECT 1' });
        this.append({ log: log.name, seq: end.seq, hash: end.hash, time: this.clock.iso() });
        signed += 1;
        more ||= end.more;
      }
      return { signed, more };
    });
  }

  private append(head: HeadFacts): void {
    const before = this.read();
    const line = headLine(this.keys.signing, head, before.lastLine);
    // Until the line is known to be on the disk nothing is known: whatever is there is then read again.
    this.state = null;
    this.file.append(line);
    const last = new Map(before.last).set(head.log, head);
    this.state = { size: this.file.size(), lastLine: line, last };
  }

  private read(): FileState {
    const size = this.file.size();
    if (this.state?.size === size) return this.state;
    const { lines } = this.file.read();
    const { heads, fault } = checkHeads(lines, [this.keys.signing, ...this.keys.trusted]);
    if (fault !== null) throw new HeadRefused(`line ${fault.line} of ${this.file.path} ${fault.detail}`);
    this.state = { size, lastLine: lines.at(-1) ?? null, last: new Map(heads.map((head) => [head.log, head])) };
    return this.state;
  }
}

/** Where the chain stands now, proven from its last head on. @throws HeadRefused */
async function endOf(sql: Sql, log: ChainedLog, last: ChainEnd | null): Promise<ChainEnd & { readonly more: boolean }> {
  if (last !== null) {
    const [link] = await log.links(sql, last.seq - 1n, 1);
    if (link === undefined || link.seq !== last.seq || link.hash !== last.hash) {
      throw new HeadRefused(`row ${last.seq} of the ${log.name} log is not the one that was signed`);
    }
  }
  const walk = new ChainWalk([], last ?? undefined);
  for (let read = 0; read < MOST_ROWS_A_HEAD;) {
    const links = await log.links(sql, walk.seq, PAGE);
    for (const link of links) {
      const fault = walk.follow(link);
      if (fault !== null) throw new HeadRefused(`${log.name} log: ${fault.detail}`);
    }
    read += links.length;
    if (links.length < PAGE) return { seq: walk.seq, hash: walk.hash, more: false };
  }
  return { seq: walk.seq, hash: walk.hash, more: true };
}
