import type { ProjectionSql } from '../../application/ports/projection';
import type { Mode } from '../../domain/shared/event';
import { parseMoney, type Money } from '../../domain/shared/money';

export interface StatementLine {
  /** ISO. */
  readonly at: string;
  readonly kind: 'credit' | 'debit' | 'adjustment';
  /** Negative where money went out. */
  readonly amount: Money;
  readonly balanceAfter: Money;
  readonly reference: string;
  readonly messageId: string | null;
  readonly note: string | null;
}

interface Row {
  at: Date;
  kind: StatementLine['kind'];
  amount: string;
  balance_after: string;
  reference: string;
  message_id: string | null;
  note: string | null;
}

/** The newest lines of a wallet's ledger, newest first. */
export async function lastStatementLines(
  sql: ProjectionSql,
  wallet: { readonly customerId: string; readonly mode: Mode },
  limit: number,
): Promise<StatementLine[]> {
  const { rows } = await sql.query<Row>({
    text: `SELECT at, kind, amount, balance_after, reference, message_id, note FROM statement_lines
            WHERE customer_id = $1 AND mode = $2 ORDER BY revision DESC LIMIT $3`,
    values: [wallet.customerId, wallet.mode, limit],
  });
  return rows.map((row) => ({
    at: row.at.toISOString(),
    kind: row.kind,
    amount: parseMoney(row.amount),
    balanceAfter: parseMoney(row.balance_after),
    reference: row.reference,
    messageId: row.message_id,
    note: row.note,
  }));
}
