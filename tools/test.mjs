/**
 * `npm test`: builds, runs the static checks, then every test, and closes with the runner's own numbers
 * ("N passed, N failed"). With arguments it passes them to jest and leaves the static checks out:
 * `npm test -- --selectProjects unit`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

const RESULTS = join(ROOT, 'test-results');
const SUMMARY = join(RESULTS, 'summary.json');
/**
 * End-to-end tests run one file at a time: each starts a whole stack, kills and holds its processes, and looks at times,
 * for which two stacks on two cores are too many.
 */
const RUNS = [
  { report: 'jest.json', args: ['--selectProjects', 'unit', 'contract', 'integration'] },
  { report: 'jest-e2e.json', args: ['--selectProjects', 'e2e', '--maxWorkers=1'] },
];
const CHECKS = [
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['lint', 'eslint/bin/eslint.js', '.'],
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['architecture', 'dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'],
];

const args = process.argv.slice(2);
mkdirSync(RESULTS, { recursive: true });
rmSync(SUMMARY, { force: true });
await ensureBuilt();

const failedChecks = args.length > 0 ? [] : CHECKS.filter((check) => !passes(check)).map(([name]) => name);
const results = (args.length > 0 ? [{ report: 'jest.json', args }] : RUNS).map(jest);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const runnerFailed = results.some((result) => result.status !== 0);
writeFileSync(SUMMARY, `${JSON.stringify({ passed, failed, failedChecks })}\n`);
if (failedChecks.length > 0) process.stdout.write(`Static checks failed: ${failedChecks.join(', ')} (see above)\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failedChecks.length > 0 || failed > 0 || runnerFailed ? 1 : 0;

/** The tests run the same build that `npm start` runs, not a copy of their own. */
function jest({ report, args: jestArgs }) {
  const file = join(RESULTS, report);
  rmSync(file, { force: true });
  const status = run('jest/bin/jest.js', ['--json', `--outputFile=${file}`, ...jestArgs], { WAHT_TEST_DIST: DIST });
  return { status, ...numbers(file) };
}

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
function numbers(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
  } catch (error) {
    process.stdout.write(`The test runner left no report: ${error.message}\n`);
    return { passed: 0, failed: 1 };
  }
}
