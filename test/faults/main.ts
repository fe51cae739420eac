/**
 * `npm run test:faults [-- --quick] [-- --seed N] [-- --kills N]`: kills, holds and restarts every process under load, and
 * lets the checker recompute all of it. Exits 0 where nothing was found.
 */
import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe } from './report';
import { FULL, QUICK, runFaults } from './run';

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, seed: { type: 'string' }, kills: { type: 'string' } },
});
const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : Number(values.seed);
const form = values.quick === true ? QUICK : FULL;
const kills = values.kills === undefined ? form.kills : Number(values.kills);
if (!Number.isInteger(seed) || !Number.isInteger(kills) || kills < 1) {
  process.stderr.write('--seed and --kills take whole numbers.\n');
  process.exit(2);
}
const started = performance.now();
const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
const folder = join(process.cwd(), 'test-results', 'faults');

void runFaults({ ...form, kills }, seed, folder, (line) => process.stdout.write(`${seconds()}  ${line}\n`)).then(
  (outcome) => {
    process.stdout.write(`\n${describe(outcome)}\n`);
    process.exit(outcome.findings.length > 0 ? 1 : 0);
  },
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? error.stack : String(error)}\nThe run itself failed (seed ${seed}).\n`,
    );
    process.exit(1);
  },
);
