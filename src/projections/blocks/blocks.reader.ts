import type { ProjectionSql } from '../../application/ports/projection';
import type { BlockKind } from '../../domain/fraud/events';

export interface StandingBlock {
  readonly subject: string;
  readonly kind: BlockKind;
  /** Null: for all customers. */
  readonly customer_id: string | null;
  readonly reason: string;
  /** ISO. */
  readonly placed_at: string;
}

/** Newest first. */
export async function standingBlocks(sql: ProjectionSql): Promise<StandingBlock[]> {
  const { rows } = await sql.query<Omit<StandingBlock, 'placed_at'> & { placed_at: Date }>({
    text: `SELECT subject, kind, customer_id, reason, placed_at FROM blocks
            WHERE lifted_at IS NULL ORDER BY placed_at DESC, subject`,
  });
  return rows.map((row) => ({ ...row, placed_at: row.placed_at.toISOString() }));
}
