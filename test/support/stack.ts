import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder } from '../../src/infrastructure/embedded/launcher/data-folder';
import { type Demo, demoIn } from '../../src/infrastructure/embedded/launcher/demo';
import {
  type Surroundings,
  applicationVariables,
  handsetUrl,
  sandboxVariables,
} from '../../src/infrastructure/embedded/launcher/environment';
import { type LauncherOptions, localBaseUrl } from '../../src/infrastructure/embedded/launcher/options';
import { freePort } from '../../src/infrastructure/embedded/launcher/ports';
import {
  applicationService,
  eventStoreService,
  eventStoreUrl,
  sandboxService,
} from '../../src/infrastructure/embedded/launcher/program-services';
import { type CommandResult, runCommand } from '../../src/infrastructure/embedded/launcher/run-command';
import type { Secrets } from '../../src/infrastructure/embedded/launcher/secrets';
import { createTestDatabase, redisDatabase, testDist, type TestDatabase } from './services';
import { Reaper } from './services-reaper';
import { StackProcess } from './stack-process';

/** The whole program, each process apart: an event store and a sandbox of its own, the run's Postgres and Redis. */
export interface Stack {
  /** The application's address. */
  readonly base: string;
  /** The sandbox's address: its page and its control API. */
  readonly handset: string;
  /** Where the event store, the sandbox and the logs keep their files. */
  readonly folder: string;
  /** The application's variables, for a look into its services: ESDB_URL, DATABASE_MIGRATION_URL (the superuser's), REDIS_URL … */
  readonly env: Readonly<Record<string, string>>;
  readonly eventStore: StackProcess;
  /** The folder of the event store's data. */
  readonly eventStoreData: string;
  readonly sandbox: StackProcess;
  readonly application: StackProcess;
  /** The demo's customer; undefined with `demo: false`. */
  readonly demo: Demo | undefined;
  /** Where its logs lie until it is stopped: a file a process. */
  readonly logs: string;
  /** Starts one more application process on a port of its own, over the same services. */
  addApplication(env?: Record<string, string>): Promise<{ base: string; process: StackProcess }>;
  /** Runs `waht` with these arguments. */
  cli(...args: string[]): Promise<CommandResult>;
  /** Stops everything and removes all data. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Variables of the application over and above the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether to set up the demo's customer; true where left out. */
  readonly demo?: boolean;
  /** What the simulated providers speak, tier 1 first; Africa's Talking where left out. */
  readonly adapters?: readonly string[];
  /** Servers of the caller's own, in place of the run's. */
  readonly database?: TestDatabase;
  readonly redisUrl?: string;
}

/** Starts a whole stack in a temporary folder and waits until it serves. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = DataFolder.open(mkdtempSync(join(realpathSync(tmpdir()), 'waht-stack-')));
  const reaper = new Reaper();
  reaper.folder(folder.root);
  const database = options.database ?? (await createTestDatabase());
  const around = await surroundings(folder, database, options.redisUrl ?? (await redisDatabase()));
  // A worker of jest silences its own log; a process under test must be able to say why it has ended.
  const inherited = { ...process.env, LOG_LEVEL: process.env['WAHT_TEST_LOG_LEVEL'] ?? 'warn' };
  const given = Object.fromEntries((options.adapters ?? []).map((adapter, n) => [`TIER_${n + 1}_ADAPTER`, adapter]));
  const variables = { ...applicationVariables(around, given), ...options.env };
  const dist = testDist();
  const processOf = (service: ConstructorParameters<typeof StackProcess>[0]): StackProcess =>
    new StackProcess(service, folder, reaper);

  const eventStorePort = Number(new URL(around.eventStoreUrl).port);
  const eventStore = processOf(eventStoreService(dist, { data: folder.path('event-store'), port: eventStorePort }));
  const sandbox = processOf(
    sandboxService(dist, { ...inherited, ...sandboxVariables(around, folder.path('sandbox'), given) }),
  );
  const application = processOf(applicationService(dist, { ...inherited, ...variables }, around.base));
  const all = [application];

  const cli = (...args: string[]): Promise<CommandResult> =>
    runCommand(process.execPath, [join(dist, 'cli', 'main.js'), ...args], { env: { ...inherited, ...variables } });
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((one) => one.stop()));
    await Promise.all([sandbox.stop(), eventStore.stop()]);
    await database.drop();
    await reaper.finish();
    rmSync(folder.root, { recursive: true, force: true });
  };

  try {
    await Promise.all([eventStore.start(), sandbox.start()]);
    await application.start();
    const demo = (options.demo ?? true) ? await setUpDemo(cli) : undefined;
    return {
      base: around.base,
      handset: handsetUrl(around),
      folder: folder.root,
      env: variables,
      eventStore,
      eventStoreData: folder.path('event-store'),
      sandbox,
      application,
      demo,
      logs: folder.path('logs'),
      addApplication: async (env = {}) => {
        const port = await freePort();
        const base = localBaseUrl({ host: '127.0.0.1', port });
        const more = { ...inherited, ...variables, ...env, PORT: String(port) };
        const service = { ...applicationService(dist, more, base), name: `application-${all.length + 1}` };
        const process = processOf(service);
        all.push(process);
        await process.start();
        return { base, process };
      },
      cli,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function setUpDemo(cli: (...args: string[]) => Promise<CommandResult>): Promise<Demo> {
  const { code, output } = await cli('demo', '--json');
  const demo = demoIn(output);
  if (code !== 0 || !demo) throw new Error(`waht demo failed with code ${code}: ${output}`);
  return demo;
}

async function surroundings(folder: DataFolder, database: TestDatabase, redisUrl: string): Promise<Surroundings> {
  const taken = new Set<number>();
  const port = async (): Promise<number> => {
    const free = await freePort(taken);
    taken.add(free);
    return free;
  };
  const options: LauncherOptions = {
    dataFolder: folder.root,
    host: '127.0.0.1',
    port: await port(),
    production: false,
    ownTiers: false,
    projectorApart: false,
  };
  return {
    options,
    secrets: drawSecrets(),
    base: localBaseUrl(options),
    databaseUrl: database.applicationUrl,
    databaseOwnerUrl: database.url,
    redisUrl,
    eventStoreUrl: eventStoreUrl(await port()),
    sandboxPort: await port(),
    tierPorts: [await port(), await port(), await port()],
  };
}

function drawSecrets(): Secrets {
  const draw = (): string => randomBytes(32).toString('base64url');
  return {
    installation_id: randomBytes(8).toString('hex'),
    master_key: draw(),
    lookup_key: draw(),
    callback_secret: draw(),
    postgres_password: draw(),
    postgres_app_password: draw(),
    redis_password: draw(),
    sandbox_api_key: draw(),
    audit_signing_key: draw(),
  };
}
