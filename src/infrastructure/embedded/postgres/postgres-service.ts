import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { writeJsonFile } from '../launcher/json-file';
import { oneLine } from '../launcher/failure';
import { sendSignal } from '../launcher/pid-file';
import { type ProcessIdentity, identify, isAlive } from '../launcher/process-identity';
import type { Service } from '../launcher/service';
import { findPostgres } from './binaries';
import {
  POSTGRES_DATABASE,
  POSTGRES_USER,
  dataDirectory,
  initialiseCluster,
  serverSettings,
  strayServer,
} from './cluster';
import { postgresHome } from './home';

/** What the embedded Postgres is started with. */
export interface PostgresOptions {
  /** The installation's data folder, an absolute path. */
  readonly folder: string;
  readonly installation: string;
  readonly port: number;
  readonly password: string;
  /** Settings over and above the usual ones, for example `{ fsync: 'off' }` for a test run. */
  readonly settings?: Readonly<Record<string, string>>;
  /** False for a test run, which throws its data away. */
  readonly durable?: boolean;
  /** Told the identity of a running initdb, so that a start after a crash finds it; undefined once it has ended. */
  readonly initialising?: (initdb: ProcessIdentity | undefined) => void;
}

/** The URL under which a user, the superuser where none is named, reaches a database, `waht` where none is named. */
export function postgresUrl(
  { port, password, user = POSTGRES_USER }: Pick<PostgresOptions, 'port' | 'password'> & { readonly user?: string },
  database = POSTGRES_DATABASE,
): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** The embedded Postgres: the real server, on loopback, with its data in the data folder (as root: see `postgresHome`). */
export function postgresService(options: PostgresOptions): Service {
  return {
    name: 'postgres',
    title: 'Postgres',
    // A fast shutdown: it ends the sessions, writes a checkpoint and needs no recovery at the next start.
    stopSignal: 'SIGINT',
    stopGraceMs: 30_000,
    readyWithinMs: 120_000,
    async command(cancelled) {
      const binaries = await findPostgres();
      const home = await postgresHome(options, binaries);
      const data = dataDirectory(home);
      writeJsonFile(join(options.folder, 'postgres.json'), {
        data,
        programs: home.bin,
        version: binaries.version,
        ...home.account,
      });
      await stopStray(data);
      await initialiseCluster(home, {
        password: options.password,
        major: binaries.major,
        durable: options.durable ?? true,
        cancelled,
        started: (pid) => options.initialising?.(identify(pid)),
      });
      options.initialising?.(undefined);
      const settings = { ...serverSettings(options.port, binaries.major), ...options.settings };
      return {
        file: join(home.bin, 'postgres'),
        args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        env: { ...process.env, LC_ALL: 'C' },
        cwd: '/',
        ...home.account,
      };
    },
    missing: () => connectAndPrepare(options),
  };
}

const STRAY_GRACE_MS = 30_000;

/** Ends a server of ours that runs although no pid file names it: its launcher was killed at just that moment. */
async function stopStray(data: string): Promise<void> {
  const pid = strayServer(data);
  const stray = pid === undefined ? undefined : identify(pid);
  if (!stray) return;
  sendSignal(stray.pid, 'SIGINT');
  const deadline = performance.now() + STRAY_GRACE_MS;
  while (isAlive(stray)) {
    // An immediate shutdown: the next start recovers from the write-ahead log.
    if (performance.now() > deadline) sendSignal(stray.pid, 'SIGQUIT');
    await delay(50);
  }
}

/** Connects as the superuser; the first time, makes the database. Returns what is missing, if anything. */
async function connectAndPrepare(options: PostgresOptions): Promise<string | undefined> {
  const client = new Client({ connectionString: postgresUrl(options, 'postgres'), connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [POSTGRES_DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${POSTGRES_DATABASE}`);
    return undefined;
  } catch (error) {
    return oneLine(error instanceof Error ? error.message : String(error));
  } finally {
    // A connection that never came up may fail once more while it is closed; what counts has been said above.
    await client.end().catch(() => undefined);
  }
}
