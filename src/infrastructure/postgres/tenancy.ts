import { escapeLiteral } from 'pg';
import type { ProjectionSql } from '../../application/ports/projection';
import type { TenantReads } from '../../application/ports/tenant-reads';
import { isConnectionLost, type Database } from './database';

/**
 * The one place that says whose rows a transaction may see. The setting is local to it: a connection that goes back to
 * the pool, committed, rolled back or broken, carries no tenant.
 */
export class TenantTransactions implements TenantReads {
  /** @param database connects as `waht_api`. */
  constructor(private readonly database: Database) {}

  async read<T>(customerId: string, work: (sql: ProjectionSql) => Promise<T>): Promise<T> {
    if (customerId === '') throw new Error('a read for nobody');
    // Both in one round trip, which takes no parameters.
    const begin = `BEGIN READ ONLY; SELECT set_config('app.customer', ${escapeLiteral(customerId)}, true)`;
    try {
      return await this.database.transaction(work, begin);
    } catch (error) {
      // Nothing was written, so another try on another connection can do no harm.
      if (!isConnectionLost(error)) throw error;
      return await this.database.transaction(work, begin);
    }
  }
}
