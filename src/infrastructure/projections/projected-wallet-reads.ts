import type { TenantReads } from '../../application/ports/tenant-reads';
import type { WalletReads } from '../../application/ports/wallet-reads';
import type { WalletRef } from '../../application/ports/wallets';
import { parseMoney, type Money } from '../../domain/shared/money';

/** The rows that the wallets' projection keeps. */
export class ProjectedWalletReads implements WalletReads {
  constructor(private readonly tenants: TenantReads) {}

  async balance({ customerId, mode }: WalletRef): Promise<{ available: Money; reserved: Money; asOf: string } | null> {
    const { rows } = await this.tenants.read(customerId, (sql) =>
      sql.query<{ available: string; reserved: string; updated_at: Date }>({
        name: 'wallet-balance',
        text: `SELECT (credited - debited - reserved)::text AS available, reserved::text, updated_at
                 FROM wallets WHERE customer_id = $1 AND mode = $2`,
        values: [customerId, mode],
      }),
    );
    const row = rows[0];
    if (row === undefined) return null;
    return {
      available: parseMoney(row.available),
      reserved: parseMoney(row.reserved),
      asOf: row.updated_at.toISOString(),
    };
  }
}
