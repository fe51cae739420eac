import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder } from '../../src/infrastructure/embedded/launcher/data-folder';
import { freePort } from '../../src/infrastructure/embedded/launcher/ports';
import { homeOutside, removeHome } from '../../src/infrastructure/embedded/postgres/home';
import { postgresService, postgresUrl } from '../../src/infrastructure/embedded/postgres/postgres-service';
import { redisService, redisUrl } from '../../src/infrastructure/embedded/redis/redis-service';
import { type Stack, startStack } from '../support/stack';
import { Reaper } from '../support/services-reaper';
import { StackProcess } from '../support/stack-process';
import { type OwnDeath, Victim } from './victim';

export const APPLICATIONS = ['application-1', 'application-2', 'application-3'] as const;
export const VICTIMS = [...APPLICATIONS, 'event-store', 'postgres', 'redis', 'sandbox'] as const;
export type VictimName = (typeof VICTIMS)[number];

/** The whole program with servers of its own, each process to be killed apart; Postgres syncs as it does for a user. */
export interface Fleet {
  /** The superuser's. */
  readonly databaseUrl: string;
  readonly eventStoreUrl: string;
  readonly sandboxUrl: string;
  readonly stack: Stack;
  /** The processes that take requests. */
  readonly bases: readonly string[];
  readonly victims: ReadonlyMap<VictimName, Victim>;
  /** Processes that ended without having been killed. */
  readonly ownDeaths: readonly OwnDeath[];
  /** Copies what each process has printed into a folder. */
  saveLogs(folder: string): void;
  stop(): Promise<void>;
}

/**
 * Three application processes: the first does everything and gets the providers' reports, the second only takes requests,
 * the third only dispatches and projects.
 */
export async function startFleet(env: Readonly<Record<string, string>>): Promise<Fleet> {
  const folder = DataFolder.open(mkdtempSync(join(realpathSync(tmpdir()), 'waht-faults-')));
  const installation = `faults-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const reaper = new Reaper();
  reaper.folder(folder.root);
  reaper.folder(homeOutside(installation));
  const postgresOptions = { port: await freePort(), password };
  const redisOptions = { port: await freePort(), password };
  const settings = { max_connections: '200' };
  const postgres = new StackProcess(
    postgresService({ ...postgresOptions, folder: folder.root, installation, settings }),
    folder,
    reaper,
  );
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const redis = new StackProcess(redisService({ ...redisOptions, folder: folder.path('redis'), say }), folder, reaper);
  const victims = new Map<VictimName, Victim>();
  const ownDeaths: OwnDeath[] = [];
  let stack: Stack | undefined;

  const stop = async (): Promise<void> => {
    for (const victim of victims.values()) victim.forget();
    await stack?.stop();
    await Promise.all([postgres.stop(), redis.stop()]);
    await reaper.finish();
    rmSync(folder.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    removeHome(installation);
  };

  try {
    await Promise.all([postgres.start(), redis.start()]);
    const databaseUrl = postgresUrl(postgresOptions);
    const database = { url: databaseUrl, applicationUrl: loginOf(databaseUrl), drop: () => Promise.resolve() };
    const running = await startStack({ env, database, redisUrl: redisUrl(redisOptions) });
    stack = running;
    const second = await running.addApplication({ WAHT_ROLES: 'api' });
    const third = await running.addApplication({ WAHT_ROLES: 'dispatcher,projector' });
    const processes: Record<VictimName, StackProcess> = {
      'application-1': running.application,
      'application-2': second.process,
      'application-3': third.process,
      'event-store': running.eventStore,
      postgres,
      redis,
      sandbox: running.sandbox,
    };
    for (const name of VICTIMS) {
      victims.set(name, new Victim(name, processes[name], (death) => ownDeaths.push(death)));
    }
    return {
      databaseUrl,
      eventStoreUrl: running.env['ESDB_URL'] ?? '',
      sandboxUrl: running.handset,
      stack: running,
      bases: [running.base, second.base],
      victims,
      ownDeaths,
      saveLogs: (to) => {
        cpSync(running.logs, to, { recursive: true });
        cpSync(folder.path('logs'), to, { recursive: true });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The URL of a login that the migration makes, bound by row-level security as an installation's is. */
function loginOf(superusers: string): string {
  const url = new URL(superusers);
  url.username = 'waht_faults_app';
  url.password = randomBytes(12).toString('base64url');
  return url.href;
}
