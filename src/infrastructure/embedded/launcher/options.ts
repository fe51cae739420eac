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
  };
}

/** The address under which the application is reached from this machine. */
export function localBaseUrl({ host, port }: Pick<LauncherOptions, 'host' | 'port'>): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
