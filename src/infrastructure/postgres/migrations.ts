import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Logger } from '../../application/ports/logger';
import type { Database, Sql } from './database';

/** Where compiled code (dist) or sources (src, in tests) lie: two folders up from here. */
export const MIGRATIONS_ROOT = join(__dirname, '..', '..');

/** Any number that nobody else locks: one migrator at a time over all processes. */
const LOCK = 5_721_947_018;
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;

export interface Migration {
  readonly number: number;
  /** File name. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** SHA-256 of the text with LF line ends, hex. */
  readonly sha256: string;
}

/** A set of migrations that must not be applied; the message is one clear line. */
export class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationError';
  }
}

/** All `NNNN_name.sql` files under `root`, by number. @throws MigrationError where two share a number */
export async function findMigrations(root: string = MIGRATIONS_ROOT): Promise<Migration[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: Migration[] = [];
  for (const entry of entries) {
    const match = FILE.exec(entry.name);
    if (match === null || !entry.isFile()) continue;
    if (entry.parentPath.split(sep).includes('node_modules')) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    // A checkout with CRLF line ends is the same migration.
    const sha256 = createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
    found.push({ number: Number(match[1]), name: entry.name, path, text, sha256 });
  }
  found.sort((a, b) => a.number - b.number || (a.path < b.path ? -1 : 1));
  for (const [i, migration] of found.entries()) {
    const before = found[i - 1];
    if (before?.number === migration.number) {
      throw new MigrationError(
        `two migrations have the number of ${migration.name}: ${before.path}, ${migration.path}`,
      );
    }
  }
  return found;
}

/**
 * Applies what is missing, in order of number, each in a transaction of its own, while no other process does.
 * @param database connects as the owner of the tables.
 * @param afterwards what else has to be true of the database, while the lock is still held.
 * @returns the names of those applied now.
 * @throws MigrationError where an applied file was edited since, or one fails.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  logger: Pick<Logger, 'info'>,
  afterwards: (sql: Sql) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const client = await database.connect();
  const sql: Sql = { query: (statement) => client.query(statement) };
  let broken: Error | undefined;
  try {
    // An index on a large table takes longer than any request may.
    await sql.query({ text: 'SET statement_timeout = 0' });
    await sql.query({ text: 'SELECT pg_advisory_lock($1)', values: [LOCK] });
    await makeRegister(sql);
    const applied = await missing(sql, migrations);
    for (const migration of applied) {
      await applyOne(sql, migration);
      logger.info({ migration: migration.name }, 'migration applied');
    }
    await afterwards(sql);
    await sql.query({ text: 'SELECT pg_advisory_unlock($1)', values: [LOCK] });
    await sql.query({ text: 'RESET statement_timeout' });
    return applied.map((migration) => migration.name);
  } catch (error) {
    // The lock and the setting belong to the session: it ends with them.
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * For a process that may not migrate: nothing to do, or a refusal. Migrations that this version does not know are no
 * obstacle, so that an old version goes on beside a new one.
 * @throws MigrationError where some are missing, or were edited since.
 */
export async function assertMigrated(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await sql.query<{ there: boolean }>({
    text: `SELECT to_regclass('schema_migrations') IS NOT NULL AS there`,
  });
  const pending = rows[0]?.there === true ? await missing(sql, migrations) : migrations;
  if (pending.length === 0) return;
  throw new MigrationError(
    `the database lacks ${pending.length} migrations, ${pending[0]?.name} first: run "waht migrate" with ` +
      'DATABASE_MIGRATION_URL, the URL of the owner of the tables',
  );
}

async function makeRegister(sql: Sql): Promise<void> {
  await sql.query({
    text: `CREATE TABLE IF NOT EXISTS schema_migrations (
             number integer PRIMARY KEY,
             name text NOT NULL,
             sha256 text NOT NULL,
             applied_at timestamptz NOT NULL DEFAULT now()
           )`,
  });
}

async function missing(sql: Sql, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await sql.query<{ number: number; name: string; sha256: string }>({
    text: 'SELECT number, name, sha256 FROM schema_migrations',
  });
  const known = new Map(rows.map((row) => [row.number, row]));
  return migrations.filter((migration) => {
    const before = known.get(migration.number);
    if (before === undefined) return true;
    if (before.sha256 !== migration.sha256) {
      throw new MigrationError(
        `migration ${migration.name} was edited after it was applied (as ${before.name}): restore it and add a new one`,
      );
    }
    return false;
  });
}

async function applyOne(sql: Sql, migration: Migration): Promise<void> {
  try {
    await sql.query({ text: 'BEGIN' });
    await sql.query({ text: migration.text });
    await sql.query({
      text: 'INSERT INTO schema_migrations (number, name, sha256) VALUES ($1, $2, $3)',
      values: [migration.number, migration.name, migration.sha256],
    });
    await sql.query({ text: 'COMMIT' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`migration ${migration.name} failed and was rolled back: ${reason}`, { cause: error });
  }
}
