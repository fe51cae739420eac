import { chainHash } from '../../projections/audit/audit-row';
import { auditEnd, auditRows } from '../../projections/audit/audit-table';
import type { ChainEnd, Link } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import { accessEnd, accessLinks } from './access-table';
import type { LogName } from './signed-head';

/** A log in Postgres whose rows are chained by hashes. */
export interface ChainedLog {
  readonly name: LogName;
  /** The links after place `after` in order, at most `limit`. */
  links(sql: Sql, after: bigint, limit: number): Promise<Link[]>;
  /** The end as it is noted beside the log; null: the note is missing. */
  end(sql: Sql): Promise<ChainEnd | null>;
}

/** @param tables names of others of the same shape: a copy, a rebuild. */
export const auditChain = (tables = { log: 'audit_log', head: 'audit_head' }): ChainedLog => ({
  name: 'audit',
  links: async (sql, after, limit) =>
    (await auditRows(sql, after, limit, tables.log)).map(({ seq, hash, facts }) => ({
      seq,
      hash,
      hashAfter: (previous, place) => chainHash(facts, place, previous),
    })),
  end: (sql) => auditEnd(sql, tables.head),
});

export const accessChain: ChainedLog = { name: 'access', links: accessLinks, end: accessEnd };
