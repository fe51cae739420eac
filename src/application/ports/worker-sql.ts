/**
 * `ProjectionSql` over the read models of all customers, outside of any transaction: for what works for nobody in
 * particular. What answers a customer takes TENANT_READS.
 */
export const WORKER_SQL = Symbol('WorkerSql');
