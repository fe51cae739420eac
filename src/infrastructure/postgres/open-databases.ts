import { setTimeout as delay } from 'node:timers/promises';
import type { Configuration } from '../../application/ports/configuration';
import type { Logger } from '../../application/ports/logger';
import { ConfigurationError } from '../config/environment';
import { Database, type DatabaseOptions } from './database';
import { prepareLogin, refuseMightyLogin } from './login';
import { assertMigrated, findMigrations, migrate } from './migrations';
import type { DatabaseRole } from './roles';

/** Most connections of each kind that one process opens; none is opened before it is needed. */
const CONNECTIONS: Readonly<Record<DatabaseRole, number>> = { waht_api: 8, waht_projector: 8, waht_worker: 12 };
/** A rebuild of every projection holds one connection for each. */
const OWNER_CONNECTIONS = 12;
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_WITHIN_MS = 20_000;

export type DatabaseConfiguration = Pick<Configuration, 'environment' | 'databaseUrl' | 'databaseOwnerUrl'>;

/** One pool for each role that the program acts as. */
export interface Databases {
  readonly api: Database;
  readonly projector: Database;
  readonly worker: Database;
  close(): Promise<void>;
}

/**
 * Opens the pools of a database whose tables are there: migrated now where the owner's URL is known, else by somebody else.
 * @throws MigrationError where they are not; ConfigurationError where, in production, the login could step round
 * row-level security.
 */
export async function openDatabases(configuration: DatabaseConfiguration, logger: Logger): Promise<Databases> {
  if (configuration.databaseOwnerUrl !== null) await migrateAsOwner(configuration, logger);
  const open = (role: DatabaseRole): Database =>
    new Database(configuration.databaseUrl, { ...usual(logger), max: CONNECTIONS[role], role });
  const worker = open('waht_worker');
  try {
    await reachable(worker, logger);
    if (configuration.databaseOwnerUrl === null) await assertMigrated(worker, await findMigrations());
    if (configuration.environment === 'production') await refuseMightyLogin(worker);
  } catch (error) {
    await worker.close();
    throw error;
  }
  const [api, projector] = [open('waht_api'), open('waht_projector')];
  const all = [api, projector, worker];
  return { api, projector, worker, close: async () => void (await Promise.all(all.map((one) => one.close()))) };
}

/**
 * Brings the tables up to date and makes sure of the application's login.
 * @returns the names of the migrations applied now.
 * @throws MigrationError
 */
export function migrateAsOwner(configuration: DatabaseConfiguration, logger: Logger): Promise<string[]> {
  return asOwner(configuration, logger, async (owner) =>
    migrate(owner, await findMigrations(), logger, (sql) => prepareLogin(sql, configuration.databaseUrl)),
  );
}

/**
 * For what only the owner of the tables may do: to make, move and vacuum them. Its statements take as long as they take.
 * It need be no superuser, so where it reads or writes rows, row-level security binds it.
 * @throws ConfigurationError where this process was not told the owner's URL.
 */
export async function asOwner<T>(
  { databaseOwnerUrl }: DatabaseConfiguration,
  logger: Logger,
  work: (owner: Database) => Promise<T>,
): Promise<T> {
  if (databaseOwnerUrl === null) {
    throw new ConfigurationError(['DATABASE_MIGRATION_URL is missing: only the owner of the tables may do this']);
  }
  const owner = new Database(databaseOwnerUrl, { ...usual(logger), statementTimeoutMs: 0, max: OWNER_CONNECTIONS });
  try {
    await reachable(owner, logger);
    return await work(owner);
  } finally {
    await owner.close();
  }
}

const usual = (logger: Logger): Omit<DatabaseOptions, 'max'> => ({
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  applicationName: 'waht',
  onError: (error) => logger.warn({ err: error }, 'an idle connection to Postgres broke'),
});

/** Postgres may still be starting beside us: waits for it, but not for ever. */
async function reachable(database: Database, logger: Logger): Promise<void> {
  const until = Date.now() + CONNECT_WITHIN_MS;
  for (;;) {
    try {
      await database.query({ text: 'SELECT 1' });
      return;
    } catch (error) {
      if (Date.now() >= until) throw error;
      logger.warn({ err: error }, 'waiting for Postgres');
      await delay(500);
    }
  }
}
