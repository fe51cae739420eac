import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherFailure, hasCode } from '../launcher/failure';
import { writeFileAtomically, writeJsonFile } from '../launcher/json-file';
import { lastWords } from '../launcher/log-files';
import { commandLine } from '../launcher/process-identity';
import { runCommand } from '../launcher/run-command';
import type { PostgresHome } from './home';

/** The superuser of an embedded server, and its database. */
export const POSTGRES_USER = 'waht';
export const POSTGRES_DATABASE = 'waht';
/** The login that the application serves with; it makes it itself, as the superuser, when it migrates. */
export const POSTGRES_APPLICATION = 'waht_app';

export interface ClusterOptions {
  readonly password: string;
  readonly major: number;
  /** Whether initdb waits for the disk; only a test run, which throws its data away, does not. */
  readonly durable: boolean;
  readonly cancelled?: AbortSignal;
  /** Told the pid of a running initdb. */
  readonly started: (pid: number) => void;
}

/** The data directory of a home. */
export function dataDirectory(home: PostgresHome): string {
  return join(home.root, 'data');
}

/**
 * Makes the data directory where there is none. A marker is written only after initdb has ended well, so what a
 * killed initdb left is known for what it is and made anew.
 */
export async function initialiseCluster(home: PostgresHome, options: ClusterOptions): Promise<void> {
  const data = dataDirectory(home);
  const marker = join(home.root, 'initialised.json');
  if (existsSync(marker)) {
    assertMajor(data, options.major);
    removeStaleLock(data);
    return;
  }
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(data, '..', 'password');
  writeFileAtomically(passwordFile, options.password);
  try {
    if (home.account) {
      chownSync(data, home.account.uid, home.account.gid);
      chownSync(passwordFile, home.account.uid, home.account.gid);
    }
    const { code, output } = await runCommand(join(home.bin, 'initdb'), initdbArguments(data, passwordFile, options), {
      ...home.account,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' },
      cancelled: options.cancelled,
      started: options.started,
    });
    if (code !== 0) throw new LauncherFailure(`Postgres could not lay out its data in ${data}: ${lastWords(output)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeJsonFile(marker, { major: options.major });
}

function initdbArguments(data: string, passwordFile: string, { durable }: ClusterOptions): string[] {
  return [
    `--pgdata=${data}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
}

function assertMajor(data: string, major: number): void {
  const written = Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'));
  if (written === major) return;
  throw new LauncherFailure(
    `The Postgres data in ${data} was written by version ${written}, and the server here is version ${major}. ` +
      'Move it over with pg_upgrade, or set DATABASE_URL.',
  );
}

/**
 * Removes the lock that a server left at a power cut when its pid belongs to another program by now: Postgres would
 * believe the other one to be a server of its own and refuse to start, for as long as that program runs.
 */
function removeStaleLock(data: string): void {
  const lock = join(data, 'postmaster.pid');
  const pid = lockedBy(lock);
  if (pid !== undefined && !commandLine(pid).includes(data)) rmSync(lock, { force: true });
}

/** The pid of a server that holds this data directory although no pid file of ours names it. */
export function strayServer(data: string): number | undefined {
  const pid = lockedBy(join(data, 'postmaster.pid'));
  return pid !== undefined && commandLine(pid).includes(data) ? pid : undefined;
}

function lockedBy(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Settings of the server, by argument, so that those of this version hold whatever an older one has written. */
export function serverSettings(port: number, major: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '64MB',
    jit: 'off',
    // One server without replicas: no sender, no slot, the least log.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_replication_slots: '0',
    max_wal_size: '512MB',
    checkpoint_timeout: '15min',
    // Looks for work once in five minutes instead of one, so that an idle program stays idle.
    autovacuum_naptime: '5min',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    // Reads by the backends themselves: the three workers that 18 adds gain nothing at this size.
    ...(major >= 18 ? { io_method: 'sync' } : {}),
  };
}
