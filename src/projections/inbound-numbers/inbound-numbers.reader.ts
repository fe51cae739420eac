import type { ProjectionSql } from '../../application/ports/projection';
import type { Mode } from '../../domain/shared/event';

export interface AssignedNumber {
  readonly number: string;
  /** Null: the whole number. */
  readonly keyword: string | null;
  readonly customer_id: string;
  readonly mode: Mode;
  /** Meant by a STOP; empty: all of the customer's. */
  readonly senders: readonly string[];
  /** ISO. */
  readonly assigned_at: string;
}

/** All that are assigned, or those of one customer. */
export async function assignedNumbers(sql: ProjectionSql, customerId: string | null): Promise<AssignedNumber[]> {
  const { rows } = await sql.query<Omit<AssignedNumber, 'assigned_at'> & { assigned_at: Date }>({
    text: `SELECT number, nullif(keyword, '') AS keyword, customer_id, mode, senders, changed_at AS assigned_at
             FROM inbound_numbers WHERE NOT released AND ($1::text IS NULL OR customer_id = $1)
            ORDER BY number, inbound_numbers.keyword`,
    values: [customerId],
  });
  return rows.map((row) => ({ ...row, assigned_at: row.assigned_at.toISOString() }));
}
