import { ChainWalk, type ChainEnd } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import type { ChainedLog } from './chained-log';
import type { LogName } from './signed-head';

const PAGE = 5_000;

/** Where something is wrong: the first place of all. */
export interface Finding {
  readonly log: LogName | 'heads';
  /** Row of the log, or line of the file of heads. */
  readonly row: bigint;
  /** The bad row is this one or an earlier one after `since`; equal to row - 1 where it is exactly this one. */
  readonly since: bigint;
  readonly detail: string;
}

export interface ChainReport {
  /** Rows that were proven, from the first. */
  readonly rows: bigint;
  /** Hash of the last row proven, hex. */
  readonly hash: string;
  /** Null: the whole chain holds. */
  readonly finding: Finding | null;
}

export type Progress = (rows: bigint) => void;

/**
 * Recomputes every hash of a log from its first row, and holds the chain against the signed heads and against its noted end.
 * Needs neither the event log nor any secret. To be given one snapshot.
 */
export async function verifyChain(
  sql: Sql,
  log: ChainedLog,
  heads: readonly ChainEnd[],
  progress: Progress = () => undefined,
): Promise<ChainReport> {
  const walk = new ChainWalk(heads);
  const broken = (seq: bigint, since: bigint, detail: string): ChainReport => ({
    rows: walk.seq,
    hash: walk.hash,
    finding: { log: log.name, row: seq, since, detail },
  });
  for (;;) {
    const links = await log.links(sql, walk.seq, PAGE);
    for (const link of links) {
      const fault = walk.follow(link);
      if (fault !== null) return broken(fault.seq, fault.since, fault.detail);
    }
    progress(walk.seq);
    if (links.length < PAGE) break;
  }
  const beyond = walk.finish();
  if (beyond !== null) return broken(beyond.seq, beyond.since, beyond.detail);
  const end = await log.end(sql);
  const atEnd = walk.seq + 1n;
  if (end === null) return broken(atEnd, walk.seq, 'the note of where the log ends is missing');
  if (end.seq > walk.seq)
    return broken(atEnd, walk.seq, `the log ends at row ${walk.seq}, and its noted end is ${end.seq}`);
  if (end.seq < walk.seq)
    return broken(end.seq + 1n, end.seq, `rows follow row ${end.seq}, where the log is noted to end`);
  if (end.hash !== walk.hash)
    return broken(walk.seq, walk.seq - 1n, 'the noted end has another hash than the last row');
  return { rows: walk.seq, hash: walk.hash, finding: null };
}
