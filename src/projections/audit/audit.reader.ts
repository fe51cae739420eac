import type { ProjectionSql } from '../../application/ports/projection';
import { chainHash, GENESIS, type AuditFacts } from './audit-row';

interface Row extends Omit<AuditFacts, 'at' | 'data_sha256' | 'metadata_sha256'> {
  readonly seq: string;
  readonly at: Date | null;
  readonly data_sha256: Buffer;
  readonly metadata_sha256: Buffer;
  readonly hash: Buffer;
}

export interface ChainReport {
  /** Rows that were proven, from the first. */
  readonly rows: bigint;
  /** The first place that does not fit; null: the whole chain holds. */
  readonly brokenAt: bigint | null;
  /** Hash of the last row proven, hex. */
  readonly hash: string;
}

const PAGE = 5_000;

/** Recomputes every hash of the audit log from its first row, and compares with what is noted as its end. */
export async function verifyChain(sql: ProjectionSql): Promise<ChainReport> {
  // The noted end first: rows that come meanwhile lie after it. Rows cut off at the end leave a chain that holds in itself.
  const heads = await sql.query<{ seq: string; hash: Buffer }>({ text: 'SELECT seq, hash FROM audit_head' });
  const noted = { seq: BigInt(heads.rows[0]?.seq ?? 0), hash: heads.rows[0]?.hash.toString('hex') ?? GENESIS };
  let proven = 0n;
  let hash = GENESIS;
  for (;;) {
    const { rows } = await sql.query<Row>({
      text: `SELECT seq, event_id, stream, revision, type, data_sha256, metadata_sha256, at, actor_kind, actor_id,
                    correlation_id, customer_id, hash
               FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2`,
      values: [proven.toString(), PAGE],
    });
    for (const row of rows) {
      const seq = proven + 1n;
      const expected = chainHash(factsOf(row), seq, hash);
      const fits = row.seq === seq.toString() && row.hash.toString('hex') === expected;
      if (!fits || (seq === noted.seq && expected !== noted.hash)) return { rows: proven, brokenAt: seq, hash };
      proven = seq;
      hash = expected;
    }
    if (rows.length < PAGE) return { rows: proven, brokenAt: proven < noted.seq ? proven + 1n : null, hash };
  }
}

function factsOf(row: Row): AuditFacts {
  return {
    ...row,
    at: row.at?.toISOString() ?? null,
    data_sha256: row.data_sha256.toString('hex'),
    metadata_sha256: row.metadata_sha256.toString('hex'),
  };
}
