import type { ProjectionSql } from '../../application/ports/projection';
import type { Mode } from '../../domain/shared/event';
import type { OptOutRow } from './opt-out-row';

/** As `pg` hands it out. */
export type OptOutSqlRow = Omit<OptOutRow, 'opted_out_at' | 'ended_at'> & {
  readonly opted_out_at: Date;
  readonly ended_at: Date | null;
};

export const optOutFromSql = (row: OptOutSqlRow): OptOutRow => ({
  ...row,
  opted_out_at: row.opted_out_at.toISOString(),
  ended_at: row.ended_at?.toISOString() ?? null,
});

/** Where a page ended. */
export interface OptOutPlace {
  /** ISO. */
  readonly optedOutAt: string;
  readonly optOutId: string;
}

/** Those that stand, newest first. */
export async function standingOptOuts(
  sql: ProjectionSql,
  owner: { readonly customerId: string; readonly mode: Mode },
  subjectId: string | null,
  limit: number,
  after: OptOutPlace | null,
): Promise<OptOutRow[]> {
  const { rows } = await sql.query<OptOutSqlRow>({
    text: `SELECT * FROM opt_outs
            WHERE customer_id = $1 AND mode = $2 AND ended_at IS NULL AND ($3::text IS NULL OR subject_id = $3)
              AND ($4::timestamptz IS NULL OR (opted_out_at, opt_out_id) < ($4::timestamptz, $5))
            ORDER BY opted_out_at DESC, opt_out_id DESC LIMIT $6`,
    values: [owner.customerId, owner.mode, subjectId, after?.optedOutAt ?? null, after?.optOutId ?? null, limit],
  });
  return rows.map(optOutFromSql);
}
