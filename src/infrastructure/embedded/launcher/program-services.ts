import { join } from 'node:path';
import { type NodeServiceOptions, nodeService } from './node-service';
import type { Service } from './service';

/**
 * What a request leaves behind is dead when it has been answered. With more room for young objects (MB, of each of three
 * halves) most of it never lives long enough to be copied: a third of the collector's work under load.
 */
const YOUNG_SPACE = '--max-semi-space-size=32';
/** Batches of events live as long as their transaction, so more room spares little: 35 MB less for the same work. */
const PROJECTOR_YOUNG_SPACE = '--max-semi-space-size=8';
/**
 * Old objects are collected when they have doubled (percent of growth). Left to itself the collector waits until there are
 * four times as many: 450 MB for 80 MB that are in use.
 */
const OLD_SPACE = '--heap-growing-percent=100';
/**
 * The store has a quarter of that in use. Left to itself the collector comes every second under load, for 10 MB, and lets the
 * store take 260 MB after a full read of a million events, where this takes 215.
 */
const STORE_OLD_SPACE = '--heap-growing-percent=150';

/** The event store's address for the official client. */
export function eventStoreUrl(port: number): string {
  return `esdb://127.0.0.1:${port}?tls=false`;
}

/** The embedded event store. @param dist the folder of the compiled program. */
export function eventStoreService(dist: string, options: { data: string; port: number }): Service {
  return nodeService({
    name: 'event-store',
    title: 'the event store',
    nodeFlags: [STORE_OLD_SPACE],
    entry: join(dist, 'infrastructure', 'embedded', 'event-store', 'main.js'),
    args: ['--data', options.data, '--host', '127.0.0.1', '--port', String(options.port)],
    env: process.env,
    stopGraceMs: 10_000,
    readyWithinMs: 60_000,
  });
}

/** The sandbox: the simulated providers and the handset page. */
export function sandboxService(dist: string, env: NodeJS.ProcessEnv): Service {
  return nodeService({
    name: 'sandbox',
    title: 'the sandbox',
    entry: join(dist, 'infrastructure', 'embedded', 'sandbox', 'main.js'),
    env,
    stopGraceMs: 5_000,
    readyWithinMs: 30_000,
  });
}

/** The application drains for up to 25 s when it is asked to stop; what takes longer is stuck. */
const APPLICATION_STOP_GRACE_MS = 30_000;

/** The application itself, ready once `GET /health/ready` answers 200. @param base for example `http://127.0.0.1:8080`. */
export function applicationService(dist: string, env: NodeJS.ProcessEnv, base: string): Service {
  return roleService(dist, env, base, { name: 'application', title: 'the application', young: YOUNG_SPACE });
}

/** The same program as a process that only projects; it listens on `port` of loopback for its health and its metrics. */
export function projectorService(dist: string, env: NodeJS.ProcessEnv, port: number): Service {
  const own = { ...env, HOST: '127.0.0.1', PORT: String(port), WAHT_ROLES: 'projector' };
  const named = { name: 'projector', title: 'the projector', young: PROJECTOR_YOUNG_SPACE };
  return roleService(dist, own, `http://127.0.0.1:${port}`, named);
}

function roleService(
  dist: string,
  env: NodeJS.ProcessEnv,
  base: string,
  { name, title, young }: { readonly name: string; readonly title: string; readonly young: string },
): Service {
  const options: NodeServiceOptions = {
    name,
    title,
    nodeFlags: [young, OLD_SPACE],
    entry: join(dist, 'main.js'),
    env,
    stopGraceMs: APPLICATION_STOP_GRACE_MS,
    readyWithinMs: 120_000,
    missing: () => missingAt(`${base}/health/ready`),
  };
  return nodeService(options);
}

const ANSWER_WITHIN_MS = 2_000;

/** What a readiness page says is missing; undefined where it answers 200. */
export async function missingAt(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body = await answer.text();
    return answer.status === 200 ? undefined : `${answer.status} ${body}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
