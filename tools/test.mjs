/**
 * `npm test`: builds, runs the static checks, then every test, and closes with the runner's own numbers
 * ("N passed, N failed"). With arguments it passes them to jest and leaves the static checks out:
 * `npm test -- --selectProjects unit`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

const RESULTS = join(ROOT, 'test-results');
const REPORT = join(RESULTS, 'jest.json');
const CHECKS = [
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['lint', 'eslint/bin/eslint.js', '.'],
  ['architecture', 'dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'],
];

const args = process.argv.slice(2);
mkdirSync(RESULTS, { recursive: true });
rmSync(REPORT, { force: true });
await ensureBuilt();

const failedChecks = args.length > 0 ? [] : CHECKS.filter((check) => !passes(check)).map(([name]) => name);
// The tests run the same build that `npm start` runs, not a copy of their own.
const jest = run('jest/bin/jest.js', ['--json', `--outputFile=${REPORT}`, ...args], { WAHT_TEST_DIST: DIST });
const { passed, failed } = numbers();
if (failedChecks.length > 0) process.stdout.write(`Static checks failed: ${failedChecks.join(', ')} (see above)\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failedChecks.length > 0 || failed > 0 ? 1 : jest;

function passes([name, program, ...rest]) {
  process.stdout.write(`Checking ${name} …\n`);
  return run(program, rest) === 0;
}

/** Runs a program of node_modules to its end. What jest prints as JSON goes to its file, so stdout is not shown twice. */
function run(program, programArgs, env = {}) {
  const isJest = program.startsWith('jest/');
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...programArgs], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', isJest ? 'ignore' : 'inherit', 'inherit'],
  });
  return result.status ?? 1;
}

/** A suite that could not even be run counts as a failure: none of its tests is in the other numbers. */
function numbers() {
  try {
    const report = JSON.parse(readFileSync(REPORT, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
  } catch (error) {
    process.stdout.write(`The test runner left no report: ${error.message}\n`);
    return { passed: 0, failed: 1 };
  }
}
