import type { DataFolder } from './data-folder';
import { type Surroundings, applicationVariables, sandboxVariables } from './environment';
import { type LauncherOptions, localBaseUrl } from './options';
import { removePidFile, writePidFile } from './pid-file';
import type { RememberedPorts } from './ports';
import {
  applicationService,
  eventStoreService,
  eventStoreUrl,
  projectorService,
  sandboxService,
} from './program-services';
import type { Secrets } from './secrets';
import type { Service } from './service';
import { POSTGRES_APPLICATION } from '../postgres/cluster';
import { postgresService, postgresUrl } from '../postgres/postgres-service';
import { redisService, redisUrl } from '../redis/redis-service';

/** Everything that one start runs. */
export interface Plan {
  readonly around: Surroundings;
  /** Started together; the application needs all of them. */
  readonly foundations: readonly Service[];
  /** Started one after the other: the first one brings the tables up to date. */
  readonly applications: readonly Service[];
  /** The application's own variables, which the command line shares. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface PlanInput {
  readonly options: LauncherOptions;
  readonly folder: DataFolder;
  readonly secrets: Secrets;
  readonly ports: RememberedPorts;
  /** The folder of the compiled program. */
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Decides what to run: an embedded service for each that no URL was given for, the sandbox, and the application. */
export async function makePlan(input: PlanInput): Promise<Plan> {
  const { options, folder, secrets, ports, dist, env, say } = input;
  const foundations: Service[] = [];
  const { databaseUrl, databaseOwnerUrl } = await database(input, foundations);
  const redis = { folder: folder.path('redis'), password: secrets.redis_password, say };
  const redisPort = options.redisUrl ? 0 : await ports.portFor('redis');
  if (!options.redisUrl) foundations.push(redisService({ ...redis, port: redisPort }));
  const eventStorePort = options.eventStoreUrl ? 0 : await ports.portFor('event_store');
  if (!options.eventStoreUrl) {
    foundations.push(eventStoreService(dist, { data: folder.path('event-store'), port: eventStorePort }));
  }
  const around: Surroundings = {
    options,
    secrets,
    base: localBaseUrl(options),
    databaseUrl,
    databaseOwnerUrl,
    redisUrl: options.redisUrl ?? redisUrl({ port: redisPort, password: secrets.redis_password }),
    eventStoreUrl: options.eventStoreUrl ?? eventStoreUrl(eventStorePort),
    sandboxPort: await ports.portFor('sandbox'),
    tierPorts: [await ports.portFor('tier_1'), await ports.portFor('tier_2'), await ports.portFor('tier_3')],
  };
  foundations.push(sandboxService(dist, { ...env, ...sandboxVariables(around, folder.path('sandbox'), env) }));
  const variables = applicationVariables(around, env);
  const applications = await programs(input, { ...env, ...variables }, around.base);
  return { around, foundations, applications, variables };
}

async function programs(
  { options, ports, dist }: PlanInput,
  env: NodeJS.ProcessEnv,
  base: string,
): Promise<readonly Service[]> {
  if (!options.projectorApart) return [applicationService(dist, env, base)];
  const serving = applicationService(dist, { ...env, WAHT_ROLES: 'api,dispatcher' }, base);
  return [serving, projectorService(dist, env, await ports.portFor('projector'))];
}

/** The user's own, or an embedded one: then its superuser owns the tables, and the application makes a login beside it. */
async function database(
  { options: given, folder, secrets, ports }: PlanInput,
  foundations: Service[],
): Promise<Pick<Surroundings, 'databaseUrl' | 'databaseOwnerUrl'>> {
  if (given.databaseUrl !== undefined) {
    return { databaseUrl: given.databaseUrl, databaseOwnerUrl: given.databaseOwnerUrl };
  }
  const options = { port: await ports.portFor('postgres'), password: secrets.postgres_password };
  foundations.push(
    postgresService({
      ...options,
      folder: folder.root,
      installation: secrets.installation_id,
      initialising: (initdb) => {
        if (initdb) writePidFile(folder.pidFile('initdb'), { ...initdb, folder: folder.root });
        else removePidFile(folder.pidFile('initdb'));
      },
    }),
  );
  const application = { port: options.port, user: POSTGRES_APPLICATION, password: secrets.postgres_app_password };
  return { databaseUrl: postgresUrl(application), databaseOwnerUrl: postgresUrl(options) };
}
