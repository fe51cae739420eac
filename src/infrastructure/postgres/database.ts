import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';

export const DATABASE = Symbol('Database');

/** A statement; with a `name` it is prepared once a connection (hot paths). */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
}

export interface Sql {
  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>>;
}

/** SQLSTATEs after which the same transaction may succeed: serialization failure, deadlock. */
const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 4;

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** The pool, and transactions with bounded retry on deadlock and serialization failure. */
export class Database implements Sql {
  private readonly pool: Pool;

  constructor(
    url: string,
    options: { max: number; statementTimeoutMs: number; applicationName: string; onError: (error: Error) => void },
  ) {
    this.pool = new Pool({
      connectionString: url,
      max: options.max,
      statement_timeout: options.statementTimeoutMs,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
    });
    // A connection that breaks is replaced by the pool, and whoever holds it learns of it from its next statement. The pool
    // listens to idle ones only: without a listener of its own, one that breaks between two statements of a transaction
    // would end the process.
    this.pool.on('connect', (client) => client.on('error', options.onError));
    this.pool.on('error', () => undefined);
  }

  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    return this.pool.query<Row>(statement);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        if (attempt >= ATTEMPTS || !RETRYABLE.has(codeOf(error) ?? '')) throw error;
      }
    }
  }

  /** A connection of one's own, for session-level advisory locks and LISTEN. The caller releases it. */
  connect(): Promise<PoolClient> {
    return this.pool.connect();
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async once<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work({ query: (statement) => client.query(statement) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollback: unknown) => {
        broken = rollback instanceof Error ? rollback : new Error(String(rollback));
      });
      throw error;
    } finally {
      // A connection that could not roll back must not serve another transaction.
      client.release(broken);
    }
  }
}
