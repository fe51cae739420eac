import { join } from 'node:path';
import { LauncherFailure, clearLine } from './failure';
import { isObject, readJsonObject } from './json-file';
import { lastWords } from './log-files';
import { runCommand } from './run-command';

/** The demo's customer as `waht demo --json` tells it. Nobody but `demo.json` knows the keys' plaintext. */
export interface Demo {
  readonly live_key: string;
  readonly billing_key: string;
  readonly test_key: string;
  readonly customer_id?: string;
  /** KES a segment, by tier. */
  readonly prices?: unknown;
}

/** The demo in a JSON object, or undefined where it has no three keys. */
export function parseDemo(value: unknown): Demo | undefined {
  if (!isObject(value)) return undefined;
  const { live_key, billing_key, test_key, customer_id, prices } = value;
  if (typeof live_key !== 'string' || typeof billing_key !== 'string' || typeof test_key !== 'string') return undefined;
  return {
    live_key,
    billing_key,
    test_key,
    ...(typeof customer_id === 'string' ? { customer_id } : {}),
    ...(prices === undefined ? {} : { prices }),
  };
}

/** The demo in what the command line printed: on its last line that holds one. */
export function demoIn(output: string): Demo | undefined {
  return output
    .split('\n')
    .filter((line) => line.trim().startsWith('{'))
    .map((line) => parseDemo(parseOrNothing(line)))
    .findLast((demo) => demo !== undefined);
}

function parseOrNothing(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The demo of an earlier start where its keys still open the door, else a new one from the command line.
 * @param env what the command line needs to reach the services.
 * @throws LauncherFailure where it cannot be set up.
 */
export async function ensureDemo(
  demoFile: string,
  base: string,
  dist: string,
  env: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): Promise<Demo> {
  const before = parseDemo(readJsonObject(demoFile));
  if (before && (await isKnown(base, before.live_key, cancelled))) return before;
  const { code, output } = await runCommand(process.execPath, [join(dist, 'cli', 'main.js'), 'demo', '--json'], {
    env,
    cancelled,
  });
  const demo = demoIn(output);
  if (code === 0 && demo) return demo;
  const secrets = /wk_\w+/g;
  throw new LauncherFailure(`The demo customer could not be set up: ${lastWords(output).replace(secrets, 'wk_…')}`);
}

const ANSWER_WITHIN_MS = 10_000;

/** Whether the application knows a key: it does not when the log was made anew beside an old demo.json. */
async function isKnown(base: string, key: string, cancelled: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`${base}/v1/billing/balance`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([cancelled, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await answer.body?.cancel();
    return answer.status !== 401;
  } catch (error) {
    throw new LauncherFailure(`The application was ready and then did not answer: ${clearLine(error)}`);
  }
}
