import { EventStoreDBClient, jsonEvent, START } from '@eventstore/db-client';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDatabase } from './crud';
import { privateMemoryMb, processorMs } from './memory';
import type { Ratio } from './report';
import type { BenchServices } from './services';
import { round } from './statistics';

const REBUILD_LIMIT_MS = 180_000;

export interface Rebuild {
  readonly events: number;
  /** Events a second from an empty database: starting the process, migrations and the audit log's hashes included. */
  readonly fromNothingPerS: number;
  /** Events a second of `waht projections rebuild`: every read model anew, side by side, and compared with the old one. */
  readonly perS: number;
}

export async function measureRebuild(services: BenchServices): Promise<Rebuild> {
  const databaseUrl = await makeDatabase(services, 'rebuilt');
  const { events, perS } = await measureFromNothing(services, databaseUrl);
  return { events, fromNothingPerS: perS, perS: await measureCommand(services, databaseUrl) };
}

interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
  readonly events_per_second: number;
  readonly tables: readonly { readonly equal: boolean }[];
}

/** The operator's command, as it is given: the projection that took longest counts. @throws Error where a table came out unequal. */
async function measureCommand(services: BenchServices, databaseUrl: string): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(services.dist, 'cli', 'main.js'), 'projections', 'rebuild', '--json'],
    { env: { ...services.applicationEnv, DATABASE_URL: databaseUrl }, maxBuffer: 16 * 1_048_576 },
  );
  const rebuilt = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Rebuilt[];
  if (rebuilt.length === 0 || rebuilt.some(({ tables }) => tables.some(({ equal }) => !equal)))
    throw new Error(`the rebuild did not come out equal: ${stdout}`);
  const longest = rebuilt.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  return longest.events_per_second;
}

/** Starts a projector on an empty database and times how long it takes to project all that the log holds. */
async function measureFromNothing(
  services: BenchServices,
  databaseUrl: string,
): Promise<{ events: number; perS: number }> {
  const events = await countEvents(services);
  const start = performance.now();
  const application = await services.application(databaseUrl, 'projector');
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (;;) {
      // The last row's number: every event has a row, and counting them all would slow down what is measured.
      const result = await client.query<{ n: string | null }>('SELECT max(seq) AS n FROM audit_log');
      if (Number(result.rows[0]?.n ?? 0) >= events) break;
      if (performance.now() - start > REBUILD_LIMIT_MS) throw new Error('the rebuild took too long');
      await delay(50);
    }
    return { events, perS: Math.round(events / ((performance.now() - start) / 1000)) };
  } finally {
    await client.end();
    await application.stop();
  }
}

/** Events that are not the store's own. */
async function countEvents(services: BenchServices): Promise<number> {
  const client = EventStoreDBClient.connectionString(services.eventStoreUrl);
  let events = 0;
  for await (const { event } of client.readAll({ fromPosition: START }))
    if (event && !event.type.startsWith('$')) events++;
  await client.dispose();
  return events;
}

/** Some fifteen to forty seconds after its start the application's collector tidies up, once: that is no idleness yet. */
const SETTLE_MS = 60_000;
const WATCHED_MS = 30_000;

/** Processor time of everything that runs, as a share of one core, while nobody asks for anything. */
export async function measureIdle(services: BenchServices, databaseUrl: string): Promise<Ratio> {
  const application = await services.application(databaseUrl, 'api,dispatcher,projector');
  try {
    await delay(SETTLE_MS);
    const pids = [
      application.pid(),
      ...(['postgres', 'redis', 'event-store', 'sandbox'] as const).map((name) => services.pidOf(name)),
    ];
    const before = processorMs(pids);
    await delay(WATCHED_MS);
    const after = processorMs(pids);
    if (before === null || after === null) return { skipped: 'this system does not tell processor time' };
    return { value: round(((after - before) / WATCHED_MS) * 100), atMost: 2 };
  } finally {
    await application.stop();
  }
}

const EVENTS_AN_APPEND = 100;
const APPENDS_AT_ONCE = 8;

/** Fills the store up to so many events, reads all of them once, and tells its private memory. */
export async function measureStoreMemory(
  services: BenchServices,
  total: number,
  say: (line: string) => void,
): Promise<number | null> {
  const client = EventStoreDBClient.connectionString(services.eventStoreUrl);
  const missing = Math.max(0, total - (await countEvents(services)));
  say(`filling the event store with ${missing} events`);
  const payload = { sealed: 'x'.repeat(200), amount: '8000', tier: 'tier_1' };
  let left = missing;
  let stream = 0;
  await Promise.all(
    Array.from({ length: APPENDS_AT_ONCE }, async () => {
      while (left > 0) {
        const count = Math.min(EVENTS_AN_APPEND, left);
        left -= count;
        const events = Array.from({ length: count }, () => jsonEvent({ type: 'Filler', data: payload }));
        await client.appendToStream(`filler-${stream++}`, events, { expectedRevision: 'no_stream' });
      }
    }),
  );
  let read = 0;
  for await (const resolved of client.readAll({ fromPosition: START })) if (resolved.event) read++;
  say(`read ${read} events`);
  await client.dispose();
  return privateMemoryMb(services.pidOf('event-store'));
}
