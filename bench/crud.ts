import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { nodeService } from '../src/infrastructure/embedded/launcher/node-service';
import { freePort } from '../src/infrastructure/embedded/launcher/ports';
import type { BenchServices, RunningProcess } from './services';

export const CRUD_WALLETS = 1_000;
/** Its Redis database; the gateway's own is 0. */
const REDIS_DATABASE = 5;

export interface CrudGateway extends RunningProcess {
  readonly url: string;
  /** One key a wallet; the first is the hot one. */
  readonly keys: readonly string[];
}

/** Makes a database on the bench's Postgres and returns its URL. */
export async function makeDatabase(services: BenchServices, name: string): Promise<string> {
  const client = new Client({ connectionString: services.postgresUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(services.postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

function redisUrl(services: BenchServices): string {
  const url = new URL(services.redisUrl);
  url.pathname = `/${REDIS_DATABASE}`;
  return url.href;
}

const keyOf = (n: number): string => `key-${String(n).padStart(6, '0')}`;

/** The competitor's tables, wallets and keys. */
export async function prepareCrud(services: BenchServices): Promise<string> {
  const databaseUrl = await makeDatabase(services, 'crud');
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Compiled, this file lies two folders deeper than its source; the schema stays with the source.
    await client.query(readFileSync(join(process.cwd(), 'bench', 'crud-gateway', 'schema.sql'), 'utf8'));
    await client.query('INSERT INTO wallets SELECT n::text, 1000000000000 FROM generate_series(1, $1::int) n', [
      CRUD_WALLETS,
    ]);
  } finally {
    await client.end();
  }
  const redis = new Redis(redisUrl(services));
  try {
    const pipeline = redis.pipeline();
    for (let n = 1; n <= CRUD_WALLETS; n++)
      pipeline.hset(`apikey:${createHash('sha256').update(keyOf(n)).digest('hex')}`, { account: String(n) });
    await pipeline.exec();
  } finally {
    redis.disconnect();
  }
  return databaseUrl;
}

export async function startCrud(
  services: BenchServices,
  databaseUrl: string,
  wallet: 'transaction' | 'statement',
  worker: 'on' | 'off',
): Promise<CrudGateway> {
  const port = await freePort();
  const running = await services.run(
    nodeService({
      name: `crud-${wallet}-${worker}`,
      title: 'the plain gateway',
      entry: join(__dirname, 'crud-gateway', 'main.js'),
      env: {
        ...process.env,
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl(services),
        WALLET: wallet,
        WORKER: worker,
      },
      stopGraceMs: 5_000,
      readyWithinMs: 60_000,
    }),
  );
  return {
    ...running,
    url: `http://127.0.0.1:${port}`,
    keys: Array.from({ length: CRUD_WALLETS }, (_, n) => keyOf(n + 1)),
  };
}
