import { randomUUID } from 'node:crypto';
import { chainHash } from '../../src/projections/audit/audit-row';
import { auditRows } from '../../src/projections/audit/audit-table';
import { GENESIS } from '../../src/projections/shared/hash-chain';
import type { Sql } from '../../src/infrastructure/postgres/database';

/** What somebody with a superuser's rights in Postgres does to the log. */
export const TAMPERINGS = ['edit', 'delete', 'insert', 'reorder', 'cut tail'] as const;
export type TamperingKind = (typeof TAMPERINGS)[number];

export interface Tampering {
  readonly kind: TamperingKind;
  /** The first row that is not as it was. */
  readonly row: number;
  /** Numbers, hashes and the noted end are made to fit afterwards, as by somebody who knows how the log works. */
  readonly covered: boolean;
  /** 0 to 1, for what else is chosen. */
  readonly chance: number;
}

/** A generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A fifth of each kind, half of each covered, anywhere in a log of so many rows. */
export function randomTamperings(count: number, rows: number, random: () => number): Tampering[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = TAMPERINGS[i % TAMPERINGS.length] ?? 'edit';
    const covered = Math.floor(i / TAMPERINGS.length) % 2 === 0;
    // Two rows change places, so the first of them is never the last.
    const last = kind === 'reorder' ? rows - 1 : rows;
    // A hole at the very end is a cut tail, and another kind.
    const end = kind === 'delete' ? rows - 1 : last;
    return { kind, covered, row: 1 + Math.floor(random() * end), chance: random() };
  });
}

const EDITS = [
  `type = 'Nothing'`,
  `actor_id = 'somebody else'`,
  `actor_kind = NULL`,
  `customer_id = 'cus_somebody'`,
  `correlation_id = correlation_id || 'x'`,
  `at = at - interval '1 microsecond'`,
  `recorded_at = recorded_at + interval '1 hour'`,
  `data_sha256 = sha256(data_sha256)`,
  `metadata_sha256 = sha256(metadata_sha256)`,
  `event_id = gen_random_uuid()`,
  `stream = stream || '-other'`,
  `revision = revision + 1000000`,
];

/** Does it, behind the trigger's back. */
export async function tamper(sql: Sql, { kind, row, covered, chance }: Tampering): Promise<void> {
  const run = (text: string, values: unknown[] = []) => sql.query({ text, values });
  await run('ALTER TABLE audit_log DISABLE TRIGGER ALL');
  switch (kind) {
    case 'edit':
      await run(`UPDATE audit_log SET ${EDITS[Math.floor(chance * EDITS.length)] ?? ''} WHERE seq = $1`, [row]);
      break;
    case 'delete':
      await run('DELETE FROM audit_log WHERE seq = $1', [row]);
      if (covered) await renumber(sql, row + 1, -1);
      break;
    case 'insert':
      await renumber(sql, row, 1);
      await run(
        `INSERT INTO audit_log SELECT $1::bigint, $2::uuid, stream || '-forged', 0, type, data_sha256, metadata_sha256, recorded_at, at,
                actor_kind, actor_id, correlation_id, customer_id, hash FROM audit_log WHERE seq = $1::bigint + 1`,
        [row, randomUUID()],
      );
      break;
    case 'reorder': {
      const { rows } = await sql.query<{ last: string }>({ text: 'SELECT max(seq) AS last FROM audit_log' });
      const other = row + 1 + Math.floor(chance * (Number(rows[0]?.last) - row));
      await run('UPDATE audit_log SET seq = -seq WHERE seq IN ($1, $2)', [row, other]);
      await run('UPDATE audit_log SET seq = $1::bigint + $2::bigint + seq WHERE seq < 0', [row, other]);
      break;
    }
    case 'cut tail':
      await run('DELETE FROM audit_log WHERE seq >= $1', [row]);
      break;
  }
  if (covered) await recompute(sql, BigInt(row - 1));
}

/** Moves the numbers of all rows from `first` on, round the primary key. */
async function renumber(sql: Sql, first: number, by: number): Promise<void> {
  await sql.query({ text: 'UPDATE audit_log SET seq = -seq - $2 WHERE seq >= $1', values: [first, by] });
  await sql.query({ text: 'UPDATE audit_log SET seq = -seq WHERE seq < 0' });
}

/** Every hash after place `after` anew, and the noted end: a chain that holds in itself. */
async function recompute(sql: Sql, after: bigint): Promise<void> {
  const rows = await auditRows(sql, 0n, 1_000_000);
  let hash = after === 0n ? GENESIS : (rows[Number(after) - 1]?.hash ?? GENESIS);
  const later = rows.slice(Number(after)).map(({ seq, facts }) => {
    hash = chainHash(facts, seq, hash);
    return { seq: seq.toString(), hash };
  });
  await sql.query({
    text: `UPDATE audit_log AS a SET hash = decode(x.hash, 'hex') FROM unnest($1::bigint[], $2::text[]) AS x(seq, hash)
            WHERE a.seq = x.seq`,
    values: [later.map(({ seq }) => seq), later.map((one) => one.hash)],
  });
  await sql.query({
    text: `UPDATE audit_head SET seq = $1, hash = decode($2, 'hex')`,
    values: [rows.length.toString(), hash],
  });
}
