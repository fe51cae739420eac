import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder } from '../../src/infrastructure/embedded/launcher/data-folder';
import { freePort } from '../../src/infrastructure/embedded/launcher/ports';
import { eventStoreService, eventStoreUrl } from '../../src/infrastructure/embedded/launcher/program-services';
import { Supervisor } from '../../src/infrastructure/embedded/launcher/supervisor';
import { homeOutside, removeHome } from '../../src/infrastructure/embedded/postgres/home';
import { postgresService, postgresUrl } from '../../src/infrastructure/embedded/postgres/postgres-service';
import { redisService, redisUrl } from '../../src/infrastructure/embedded/redis/redis-service';
import { Reaper } from './services-reaper';

/** The services of one test run and where they are reached. */
export interface TestServices {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly eventStoreUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts Postgres, Redis and the event store with data in a temporary folder.
 * @param dist the compiled program, for the event store.
 * @param given URLs of services that run already and are used instead.
 * @throws LauncherFailure with one clear line where one cannot be had: a test run fails then, it never skips.
 */
export async function startTestServices(
  dist: string,
  given: { database?: string; redis?: string; eventStore?: string } = {},
): Promise<TestServices> {
  const folder = DataFolder.open(mkdtempSync(join(realpathSync(tmpdir()), 'waht-test-')));
  const installation = `test-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const reaper = new Reaper();
  reaper.folder(folder.root);
  reaper.folder(homeOutside(installation));
  const supervisor = new Supervisor(folder, {
    said: (line) => process.stderr.write(`${line}\n`),
    gaveUp: (line) => process.stderr.write(`${line}\n`),
    started: (pid) => reaper.started(pid),
    ended: (pid) => reaper.ended(pid),
  });
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    await reaper.finish();
    rmSync(folder.root, { recursive: true, force: true });
    removeHome(installation);
  };
  const ports = { postgres: await freePort(), redis: await freePort(), eventStore: await freePort() };
  const postgres = { port: ports.postgres, password };
  const redis = { port: ports.redis, password };
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const starting: Promise<void>[] = [];
  if (!given.database) {
    // Thrown away at the end, so nothing waits for the disk: durability is the embedded server's own test.
    const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };
    const options = { ...postgres, folder: folder.root, installation, settings, durable: false };
    starting.push(supervisor.start(postgresService(options)));
  }
  if (!given.redis) {
    starting.push(supervisor.start(redisService({ ...redis, folder: folder.path('redis'), databases: 1024, say })));
  }
  if (!given.eventStore) {
    starting.push(
      supervisor.start(eventStoreService(dist, { data: folder.path('event-store'), port: ports.eventStore })),
    );
  }
  try {
    await Promise.all(starting);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    databaseUrl: given.database ?? postgresUrl(postgres),
    redisUrl: given.redis ?? redisUrl(redis),
    eventStoreUrl: given.eventStore ?? eventStoreUrl(ports.eventStore),
    stop,
  };
}
