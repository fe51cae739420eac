import { Pool, type ClientBase, type PoolClient, type PoolConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { DatabaseRole } from './roles';

/** As `waht_worker`: what works for all customers, and what operators ask for. What answers a customer takes TENANT_READS. */
export const DATABASE = Symbol('Database');
/** As `waht_projector`: writes the read models. */
export const PROJECTOR_DATABASE = Symbol('ProjectorDatabase');

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

/** SQLSTATEs and messages of a connection that is gone: its transaction was rolled back, or never began. */
const LOST = /^(?:08...|57P0[123])$/;
const LOST_MESSAGE = /Connection terminated|Client has encountered a connection error|ECONNRESET|EPIPE/;

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

export const isConnectionLost = (error: unknown): boolean =>
  LOST.test(codeOf(error) ?? '') || (error instanceof Error && LOST_MESSAGE.test(error.message));

export interface DatabaseOptions {
  readonly max: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** Whom its connections act as; left out: as the login itself, which is for migrations alone. */
  readonly role?: DatabaseRole;
  readonly onError: (error: Error) => void;
}

/** A pool whose connections act as one role; bounded retry on deadlock and serialization failure. */
export class Database implements Sql {
  private readonly pool: Pool;

  constructor(url: string, options: DatabaseOptions) {
    const { role } = options;
    const config: PoolConfig & { onConnect?: (client: ClientBase) => Promise<void> } = {
      connectionString: url,
      max: options.max,
      statement_timeout: options.statementTimeoutMs,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
    };
    // Awaited by the pool before anybody gets the connection, which is closed where this fails.
    if (role !== undefined) config.onConnect = (client) => takeRole(client, role);
    this.pool = new Pool(config);
    // A connection that breaks is replaced by the pool, and whoever holds it learns of it from its next statement. The pool
    // listens to idle ones only: without a listener of its own, one that breaks between two statements of a transaction
    // would end the process.
    this.pool.on('connect', (client) => client.on('error', options.onError));
    this.pool.on('error', () => undefined);
  }

  /** A transaction of its own: one that ended in a deadlock has done nothing, and is made again. */
  query<Row extends QueryResultRow>(statement: Statement): Promise<QueryResult<Row>> {
    return again(() => this.pool.query<Row>(statement));
  }

  /** @param begin opens it, in one round trip; what it sets must end with the transaction. */
  transaction<T>(work: (sql: Sql) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    return again(() => this.once(work, begin));
  }

  /** A connection of one's own, for session-level advisory locks and LISTEN. The caller releases it. */
  connect(): Promise<PoolClient> {
    return this.pool.connect();
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async once<T>(work: (sql: Sql) => Promise<T>, begin: string): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query(begin);
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

async function again<T>(attemptOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce();
    } catch (error) {
      if (attempt >= ATTEMPTS || !RETRYABLE.has(codeOf(error) ?? '')) throw error;
    }
  }
}

async function takeRole(client: ClientBase, role: DatabaseRole): Promise<void> {
  try {
    await client.query(`SET ROLE ${role}`);
  } catch (error) {
    if (codeOf(error) !== '42501' && codeOf(error) !== '22023') throw error;
    throw new Error(`the login of DATABASE_URL may not act as ${role}: run "waht migrate" with the owner's URL`, {
      cause: error,
    });
  }
}
