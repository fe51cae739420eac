import { compileForTests } from './services-dist';
import { startTestServices } from './services-environment';

/**
 * Starts one Postgres, one Redis and one event store for the whole run and tells the workers where they are:
 * `TEST_DATABASE_URL` (a superuser's), `TEST_REDIS_URL`, `TEST_ESDB_URL`, and `WAHT_TEST_DIST`, the compiled program.
 * Those that are set already are used as they are. A service that cannot be had fails the run.
 */
export default async function globalSetup(): Promise<void> {
  const compiled = process.env['WAHT_TEST_DIST'] ? undefined : await compileForTests();
  const dist = process.env['WAHT_TEST_DIST'] ?? compiled?.dist ?? '';
  const services = await startTestServices(dist, {
    database: process.env['TEST_DATABASE_URL'],
    redis: process.env['TEST_REDIS_URL'],
    eventStore: process.env['TEST_ESDB_URL'],
  });
  Object.assign(process.env, {
    WAHT_TEST_DIST: dist,
    TEST_DATABASE_URL: services.databaseUrl,
    TEST_REDIS_URL: services.redisUrl,
    TEST_ESDB_URL: services.eventStoreUrl,
  });
  globalThis.stopTestServices = async () => {
    await services.stop();
    compiled?.remove();
  };
}

declare global {
  // Only a `var` becomes a property of globalThis, which is how jest's two hooks share something.
  var stopTestServices: (() => Promise<void>) | undefined;
}
