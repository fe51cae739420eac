import { resolve } from 'node:path';
import { LauncherFailure } from './failure';

/** What the launcher was asked for by the environment. */
export interface LauncherOptions {
  /** The data folder, absolute. */
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  readonly production: boolean;
  /** Services that run elsewhere and are used instead of embedded ones, each independently. */
  readonly eventStoreUrl?: string;
  readonly databaseUrl?: string;
  readonly databaseOwnerUrl?: string;
  readonly redisUrl?: string;
  /** Whether a provider was configured by hand; the three simulated tiers are set up only where none was. */
  readonly ownTiers: boolean;
  /** Whether the projector runs in a process of its own, beside the one that serves and dispatches. */
  readonly projectorApart: boolean;
}

const DEFAULT_PORT = 8080;

/**
 * Reads the launcher's own variables; an empty one counts as unset.
 * @throws LauncherFailure naming a value that cannot be used.
 */
export function readOptions(env: NodeJS.ProcessEnv, cwd: string): LauncherOptions {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const port = Number(read('PORT') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new LauncherFailure(`PORT must be a number from 1 to 65535, not "${read('PORT')}".`);
  }
  return {
    dataFolder: resolve(cwd, read('WAHT_DATA') ?? '.waht'),
    host: read('HOST') ?? '127.0.0.1',
    port,
    production: read('WAHT_ENV') === 'production',
    eventStoreUrl: read('ESDB_URL'),
    databaseUrl: read('DATABASE_URL'),
    databaseOwnerUrl: read('DATABASE_MIGRATION_URL'),
    redisUrl: read('REDIS_URL'),
    ownTiers: [1, 2, 3].some((tier) => read(`TIER_${tier}`) !== undefined),
    projectorApart: readProcesses(read('WAHT_PROCESSES'), read('WAHT_ROLES')) === 2,
  };
}

function readProcesses(processes: string | undefined, roles: string | undefined): 1 | 2 {
  if (processes === undefined || processes === '1') return 1;
  if (processes !== '2') throw new LauncherFailure(`WAHT_PROCESSES must be 1 or 2, not "${processes}".`);
  if (roles !== undefined) {
    throw new LauncherFailure('WAHT_PROCESSES=2 divides all roles between two processes: leave WAHT_ROLES out.');
  }
  return 2;
}

/** The address under which the application is reached from this machine. */
export function localBaseUrl({ host, port }: Pick<LauncherOptions, 'host' | 'port'>): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
