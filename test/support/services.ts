import { randomBytes } from 'node:crypto';
import Redis from 'ioredis';
import { Client } from 'pg';

/** Reads what global-setup.ts has set; a test without its services fails here. */
function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: this test runs only with jest's global set-up (contract, integration, e2e).`);
  return value;
}

/** The superuser's URL of the run's Postgres. */
export const testDatabaseUrl = (): string => required('TEST_DATABASE_URL');
/** The URL of the run's Redis, database 0. */
export const testRedisUrl = (): string => required('TEST_REDIS_URL');
/** The connection string of the run's event store. */
export const testEventStoreUrl = (): string => required('TEST_ESDB_URL');
/** The folder of the compiled program. */
export const testDist = (): string => required('WAHT_TEST_DIST');

/** A database of a test file's own. */
export interface TestDatabase {
  /** The superuser's URL of it. */
  readonly url: string;
  /** The URL of a login that migrating with both URLs makes, as an installation has it. */
  readonly applicationUrl: string;
  drop(): Promise<void>;
}

/** Makes an empty database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asSuperuser(`CREATE DATABASE ${name}`);
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${name}`;
  const application = new URL(url);
  application.username = `${name}_app`;
  application.password = randomBytes(12).toString('base64url');
  return {
    url: url.href,
    applicationUrl: application.href,
    drop: async () => {
      await asSuperuser(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await asSuperuser(`DROP ROLE IF EXISTS ${application.username}`);
    },
  };
}

async function asSuperuser(statement: string): Promise<void> {
  const client = new Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The first number is the counter's own; the run's Redis offers 1024, and a given one at least its usual 16. */
const COUNTER_KEY = 'waht-test:databases';

/** The URL of an empty numbered Redis database that no other test file of this run uses (as long as there are enough). */
export async function redisDatabase(): Promise<string> {
  const counter = new Redis(testRedisUrl());
  try {
    const offered = Number((await counter.config('GET', 'databases'))[1] ?? 16);
    const database = 1 + (((await counter.incr(COUNTER_KEY)) - 1) % (offered - 1));
    await counter.select(database);
    await counter.flushdb();
    const url = new URL(testRedisUrl());
    url.pathname = `/${database}`;
    return url.href;
  } finally {
    counter.disconnect();
  }
}
