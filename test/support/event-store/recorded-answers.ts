import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a scenario gave, by the scenario's name. */
export type Answers = ReadonlyMap<string, unknown>;

/** What a server is free to answer in its own way; see the design notes on the event store. */
const FREE = new Set([
  'server features',
  'gossip of a single node',
  'append with an empty type',
  '(thrown by the client outside any call)',
  'append with an empty type, two seconds later',
  'batch append: empty type answers twice',
]);
/** Running totals, and a revision that is a log position in truth. */
const RUNNING = new Set([
  'totalItems',
  'countSinceLastMeasurement',
  'averageItemsPerSecond',
  'averagePerSecond',
  'lastCheckpointedEventRevision',
  'rev:metastream',
]);

/** What a real EventStoreDB 24.2 answered; `name` is a file in `test/contract/event-store/recorded`. */
export function recordedAnswers(name: string): Answers {
  const file = join(__dirname, '../../contract/event-store/recorded', `${name}.jsonl`);
  return parse(readFileSync(file, 'utf8'));
}

/** Names of the scenarios that have to agree. */
export const boundScenarios = (answers: Answers): string[] => [...answers.keys()].filter((name) => !FREE.has(name));

/** Runs a probe program of this folder and gives its answers. */
export function runProbe(program: string, environment: Record<string, string>): Promise<Answers> {
  const probe = spawn(process.execPath, [join(__dirname, program)], { env: { ...process.env, ...environment } });
  let output = '';
  let errors = '';
  probe.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  probe.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.once('close', (code) => (code === 0 ? resolve(parse(output)) : reject(new Error(`${program}: ${errors}`))));
  });
}

/** An answer without what is free to differ, fit to be compared. */
export function comparable(answer: unknown, scenario: string): unknown {
  if (Array.isArray(answer)) {
    const items = answer.map((item) => comparable(item, scenario));
    // One batch call may answer its appends in any order.
    return scenario.startsWith('batch append:') ? items.map((item) => JSON.stringify(item)).sort() : items;
  }
  if (typeof answer === 'object' && answer !== null) {
    const kept = Object.entries(answer).filter(
      ([key]) => !RUNNING.has(key) && !(key === 'rev' && 'metadata' in answer),
    );
    return Object.fromEntries(
      kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, comparable(item, scenario)]),
    );
  }
  const isRuntimeText = typeof answer === 'string' && /is not a valid .*Oneof|Parameter '/.test(answer);
  return isRuntimeText ? '<text of the runtime>' : answer;
}

function parse(lines: string): Answers {
  const answers = new Map<string, unknown>();
  for (const line of lines.split('\n').filter(Boolean)) {
    const { name, got }: { name: string; got: unknown } = JSON.parse(line);
    answers.set(name, got);
  }
  return answers;
}
