import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder } from '../src/infrastructure/embedded/launcher/data-folder';
import { freePort } from '../src/infrastructure/embedded/launcher/ports';
import {
  applicationService,
  eventStoreService,
  eventStoreUrl,
  projectorService,
  sandboxService,
} from '../src/infrastructure/embedded/launcher/program-services';
import type { Service } from '../src/infrastructure/embedded/launcher/service';
import { Supervisor } from '../src/infrastructure/embedded/launcher/supervisor';
import { removeHome } from '../src/infrastructure/embedded/postgres/home';
import { postgresService, postgresUrl } from '../src/infrastructure/embedded/postgres/postgres-service';
import { redisService, redisUrl } from '../src/infrastructure/embedded/redis/redis-service';

export const TIERS = ['tier_1', 'tier_2', 'tier_3'] as const;

/**
 * Everything both sides run on: Postgres (fsync on), Redis, the event store and the sandbox, in a temporary folder, started
 * as `npm start` starts them. Each side has a database of its own in the same servers; the one not measured is idle.
 */
export class BenchServices {
  private constructor(
    private readonly folder: DataFolder,
    private readonly supervisor: Supervisor,
    private readonly installation: string,
    readonly postgresUrl: string,
    readonly redisUrl: string,
    readonly eventStoreUrl: string,
    readonly sandboxUrl: string,
    /** The application's environment, but PORT, WAHT_ROLES and DATABASE_URL. */
    readonly applicationEnv: NodeJS.ProcessEnv,
    readonly applicationPort: number,
    readonly dist: string,
  ) {}

  static async start(dist: string): Promise<BenchServices> {
    const folder = DataFolder.open(mkdtempSync(join(realpathSync(tmpdir()), 'waht-bench-')));
    const installation = `bench-${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('base64url');
    const supervisor = new Supervisor(folder, {
      said: (line) => process.stderr.write(`${line}\n`),
      gaveUp: (line) => process.stderr.write(`${line}\n`),
    });
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const postgres = { port: await freePort(), password };
    const redis = { port: await freePort(), password };
    const storePort = await freePort();
    const sandboxPort = await freePort();
    const applicationPort = await freePort();
    const base = `http://127.0.0.1:${applicationPort}`;
    const secret = (): string => randomBytes(32).toString('base64url');
    const callbackSecret = secret();
    const apiKey = secret();
    const providers = [];
    for (const [index, tier] of TIERS.entries()) {
      const name = `sandbox-tier-${index + 1}`;
      const callback = `${base}/callbacks/sms/${name}/${callbackSecret}/reports`;
      const port = await freePort();
      providers.push({
        name,
        tier,
        adapter: 'africastalking',
        port,
        username: 'sandbox',
        api_key: apiKey,
        callback_url: callback,
      });
    }
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      WAHT_ENV: 'development',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      PUBLIC_BASE_URL: base,
      ESDB_URL: eventStoreUrl(storePort),
      REDIS_URL: redisUrl(redis),
      WAHT_MASTER_KEY: secret(),
      WAHT_LOOKUP_KEY: secret(),
      WAHT_CALLBACK_SECRET: callbackSecret,
    };
    for (const [index, provider] of providers.entries()) {
      env[`TIER_${index + 1}`] = 'simulated';
      env[`TIER_${index + 1}_NAME`] = provider.name;
      env[`TIER_${index + 1}_URL`] = `http://127.0.0.1:${provider.port}`;
      env[`TIER_${index + 1}_USERNAME`] = provider.username;
      env[`TIER_${index + 1}_API_KEY`] = provider.api_key;
    }
    const services = new BenchServices(
      folder,
      supervisor,
      installation,
      postgresUrl(postgres),
      redisUrl(redis),
      eventStoreUrl(storePort),
      `http://127.0.0.1:${sandboxPort}`,
      env,
      applicationPort,
      dist,
    );
    try {
      await Promise.all([
        supervisor.start(
          postgresService({
            ...postgres,
            folder: folder.root,
            installation,
            settings: { max_connections: '100' },
            durable: true,
          }),
        ),
        supervisor.start(redisService({ ...redis, folder: folder.path('redis'), databases: 16, say })),
        supervisor.start(eventStoreService(dist, { data: folder.path('event-store'), port: storePort })),
        supervisor.start(
          sandboxService(dist, {
            ...process.env,
            SANDBOX_PORT: String(sandboxPort),
            SANDBOX_DATA: folder.path('sandbox'),
            SANDBOX_ROUTES: 'on',
            SANDBOX_PROVIDERS: JSON.stringify(providers),
          }),
        ),
      ]);
    } catch (error) {
      await services.stop();
      throw error;
    }
    return services;
  }

  get applicationUrl(): string {
    return `http://127.0.0.1:${this.applicationPort}`;
  }

  /** One more process on the same services; its own supervisor, so that it can be stopped alone. */
  async run(service: Service): Promise<RunningProcess> {
    const supervisor = new Supervisor(this.folder, {
      said: (line) => process.stderr.write(`${line}\n`),
      gaveUp: (line) => process.stderr.write(`${line}\n`),
    });
    await supervisor.start(service);
    return { pid: () => supervisor.pidOf(service.name) ?? 0, stop: () => supervisor.stop() };
  }

  /** The application with these roles. */
  application(databaseUrl: string, roles: string, more: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    const env = {
      ...this.applicationEnv,
      DATABASE_URL: databaseUrl,
      PORT: String(this.applicationPort),
      WAHT_ROLES: roles,
      ...more,
    };
    return this.run(applicationService(this.dist, env, this.applicationUrl));
  }

  /** As `WAHT_PROCESSES=2` has it: one process serves and dispatches, the other projects. */
  async twoProcesses(databaseUrl: string, more: NodeJS.ProcessEnv): Promise<RunningProcess[]> {
    const env = { ...this.applicationEnv, DATABASE_URL: databaseUrl, ...more };
    const serving = await this.application(databaseUrl, 'api,dispatcher', more);
    try {
      return [serving, await this.run(projectorService(this.dist, env, await freePort()))];
    } catch (error) {
      await serving.stop();
      throw error;
    }
  }

  pidOf(name: 'postgres' | 'redis' | 'event-store' | 'sandbox'): number {
    return this.supervisor.pidOf(name) ?? 0;
  }

  /** The last lines of a process's log, for a failure's report. */
  log(name: string): string {
    return readFileSync(this.folder.log(name), 'utf8').slice(-2_000);
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    rmSync(this.folder.root, { recursive: true, force: true });
    removeHome(this.installation);
  }
}

export interface RunningProcess {
  pid(): number;
  stop(): Promise<void>;
}
