import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { CleaningStep } from '../../application/ports/personal-traces';
import { Database } from '../postgres/database';

/** One cleaning at a time: any number that nobody else locks. */
const LOCK = 5_721_947_019;
/** Whoever sends meanwhile waits behind our lock request: not for long, and rather often. */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_ATTEMPTS = 15;
const LOCK_NOT_AVAILABLE = '55P03';
const NOT_ALLOWED = '42501';
/** The checkpointer takes notice of a changed setting at its next look. */
const RELOAD_MS = 500;
const LARGEST_REWRITTEN_BYTES = 1024 ** 3;
/** More than any server keeps ready: beyond it something else is wrong. */
const MOST_SEGMENTS = 1_024;

/**
 * Deleting a row leaves its bytes where they were: in its page until something else needs the place, and in the write-ahead
 * log, whose files Postgres uses again and again without emptying them. This writes both anew.
 */
export class DiskCleaner {
  /** @param ownerUrl of the tables' owner; for the log a superuser's. */
  constructor(private readonly ownerUrl: string) {}

  async clean(): Promise<CleaningStep[]> {
    const options = { max: 1, statementTimeoutMs: 0, applicationName: 'waht clean-disk', onError: () => undefined };
    const database = new Database(this.ownerUrl, options);
    try {
      const client = await database.connect();
      try {
        // Both belong to the session, which ends with this.
        await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
        await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
        return [
          await step('the keys’ table', () => rewrite(client, 'subject_keys')),
          await step('the reports’ table', () => rewriteUnlessLarge(client, 'receipt_inbox')),
          await step('the answers’ table', () => rewriteUnlessLarge(client, 'provider_answers')),
          await step('the texts’ table', () => rewriteUnlessLarge(client, 'inbound_inbox')),
          await step('the write-ahead log', () => replaceLog(client)),
        ];
      } finally {
        client.release(true);
      }
    } finally {
      await database.close();
    }
  }
}

/** A server that others run may not allow it: then it is theirs to do. */
async function step(name: string, work: () => Promise<string | null>): Promise<CleaningStep> {
  try {
    return { name, refused: await work() };
  } catch (error) {
    if (codeOf(error) !== NOT_ALLOWED) throw error;
    return { name, refused: error instanceof Error ? error.message : 'not allowed' };
  }
}

type Table = 'subject_keys' | 'receipt_inbox' | 'provider_answers' | 'inbound_inbox';

/** To anybody else VACUUM says nothing but a warning. */
async function mayMaintain(client: PoolClient, table: Table): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    "SELECT pg_has_role(relowner, 'USAGE') AS may FROM pg_class WHERE oid = $1::regclass",
    [table],
  );
  return rows[0]?.may === true;
}

/** Only a full one moves every row to a new file; a plain one leaves the bytes of deleted rows in the holes. */
async function rewrite(client: PoolClient, table: Table): Promise<string | null> {
  if (!(await mayMaintain(client, table))) return `only its owner may: give DATABASE_MIGRATION_URL`;
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`VACUUM (FULL) ${table}`);
      return null;
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE || attempt >= LOCK_ATTEMPTS) throw error;
      await delay(LOCK_TIMEOUT_MS / 4);
    }
  }
}

/** Nobody could write to it for as long as it takes: a large one is left to fill its holes with what is to come. */
async function rewriteUnlessLarge(client: PoolClient, table: Table): Promise<string | null> {
  const { rows } = await client.query<{ size: string }>('SELECT pg_total_relation_size($1::regclass) AS size', [table]);
  if (Number(rows[0]?.size) <= LARGEST_REWRITTEN_BYTES) return rewrite(client, table);
  return 'too large to be written anew; the places are used again by the rows to come';
}

/**
 * Files kept ready for use hold what they held when they were last used, so each is written through; then those up to here
 * are given up, and not kept ready as they would be otherwise.
 */
async function replaceLog(client: PoolClient): Promise<null> {
  await client.query('ALTER SYSTEM SET wal_recycle = off');
  try {
    await client.query('SELECT pg_reload_conf()');
    const { rows } = await client.query<{ last: string }>(
      "SELECT max(name) AS last FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'",
    );
    const last = rows[0]?.last ?? '';
    for (let segment = 0; (await currentSegment(client)) <= last; segment++) {
      if (segment >= MOST_SEGMENTS) throw new Error('the write-ahead log does not come to an end of its files');
      // A switch at the very beginning of a file does nothing: there must be something in it.
      await client.query("SELECT pg_logical_emit_message(false, 'waht', 'cleaning')");
      await client.query('SELECT pg_switch_wal()');
    }
    await delay(RELOAD_MS);
    await client.query('CHECKPOINT');
    return null;
  } finally {
    await client.query('ALTER SYSTEM RESET wal_recycle');
    await client.query('SELECT pg_reload_conf()');
  }
}

async function currentSegment(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS name');
  return rows[0]?.name ?? '';
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
