/**
 * `npm run test:failover [-- --quick] [-- --only a,b] [-- --messages N] [-- --at-once N]`: providers that die, hang, lie and
 * come back, on the real clock; the checker recomputes all of it. Exits 0 where nothing was found.
 */
import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { testDist } from '../support/services';
import { startTestServices } from '../support/services-environment';
import { hasPassed, summary } from './report';
import { runScenarios } from './run';
import { SCENARIOS } from './scenarios';

const MESSAGES = { quick: 0, full: 20_000 };
/** The quick form mostly waits: several fit side by side. */
const AT_ONCE = { quick: 4, full: 1 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    messages: { type: 'string' },
    'at-once': { type: 'string' },
  },
});
const { quick } = values;
const form = quick ? 'quick' : 'full';
const only = values.only?.split(',');
const chosen = SCENARIOS.filter(({ name, inQuick }) => only?.includes(name) ?? (inQuick || !quick));
const messages = Number(values.messages ?? MESSAGES[form]);
const atOnce = Number(values['at-once'] ?? AT_ONCE[form]);
if (chosen.length !== (only?.length ?? chosen.length) || !(messages >= 0) || !(atOnce >= 1)) {
  process.stderr.write(`--messages and --at-once take numbers, --only some of:\n`);
  for (const { name, about } of SCENARIOS) process.stderr.write(`  ${name}: ${about}\n`);
  process.exit(2);
}
const started = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(7);
  process.stdout.write(`${seconds} s  ${line.replaceAll('\n', `\n${' '.repeat(11)}`)}\n`);
};

async function main(): Promise<number> {
  const services = await startTestServices(testDist());
  try {
    process.env['TEST_DATABASE_URL'] = services.databaseUrl;
    process.env['TEST_REDIS_URL'] = services.redisUrl;
    const folder = join(process.cwd(), 'test-results', 'failover');
    const all = await runScenarios(chosen, { quick, messages }, atOnce, folder, say);
    process.stdout.write(`\n${summary(all)}\n`);
    return all.every(hasPassed) ? 0 : 1;
  } finally {
    await services.stop();
  }
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\nThe run itself failed.\n`);
    process.exit(1);
  },
);
