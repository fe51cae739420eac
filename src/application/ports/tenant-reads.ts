import type { ProjectionSql } from './projection';

export const TENANT_READS = Symbol('TenantReads');

/** The read models as one customer may see them: whatever answers a customer reads through this. */
export interface TenantReads {
  /**
   * Runs `work` in a read-only transaction in which the database shows rows of this customer alone, whatever the
   * statements ask for. It may run again after a connection was lost.
   */
  read<T>(customerId: string, work: (sql: ProjectionSql) => Promise<T>): Promise<T>;
}
