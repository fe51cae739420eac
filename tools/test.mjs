/**
 * `npm test`: builds, runs the static checks, then every test, and closes with the runner's own numbers
 * ("N passed, N failed"). With arguments it passes them to jest and leaves the static checks out:
 * `npm test -- --selectProjects unit`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

const RESULTS = join(ROOT, 'test-results');
const SUMMARY = join(RESULTS, 'summary.json');
/**
 * Each end-to-end test starts a whole stack and mostly waits for it, so two files run beside each other. Those in `alone/` kill
 * and hold processes under load and look at times, for which two stacks on two cores are too many.
 */
const RUNS = [
  { report: 'jest.json', args: ['--selectProjects', 'unit', 'contract', 'integration'] },
  { report: 'jest-e2e.json', args: ['--selectProjects', 'e2e', '--testPathIgnorePatterns', 'test/e2e/alone/'] },
  {
    report: 'jest-alone.json',
    args: ['--selectProjects', 'e2e', '--maxWorkers=1', '--testPathPatterns', 'test/e2e/alone/'],
  },
];
const CHECKS = [
  ['lint', 'eslint/bin/eslint.js', '.'],
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['architecture', 'dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'],
];

const args = process.argv.slice(2);
mkdirSync(RESULTS, { recursive: true });
rmSync(SUMMARY, { force: true });
await ensureBuilt();

const failedChecks = args.length > 0 ? [] : await check(CHECKS);
const results = (args.length > 0 ? [{ report: 'jest.json', args }] : RUNS).map(jest);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const runnerFailed = results.some((result) => result.status !== 0);
const names = results.flatMap((result) => result.names);
writeFileSync(SUMMARY, `${JSON.stringify({ passed, failed, failedChecks })}\n`);
if (failedChecks.length > 0) process.stdout.write(`Static checks failed: ${failedChecks.join(', ')} (see above)\n`);
for (const name of names) process.stdout.write(`Failed: ${name}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failedChecks.length > 0 || failed > 0 || runnerFailed ? 1 : 0;

/** The tests run the same build that `npm start` runs, not a copy of their own. */
function jest({ report, args: jestArgs }) {
  const file = join(RESULTS, report);
  rmSync(file, { force: true });
  const status = run('jest/bin/jest.js', ['--json', `--outputFile=${file}`, ...jestArgs], { WAHT_TEST_DIST: DIST });
  return { status, ...numbers(file) };
}

/** Two at a time, each on a core of its own, the longest first. @returns the names of those that failed. */
async function check(checks) {
  const failed = [];
  const left = [...checks];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, program, ...rest] = next;
      process.stdout.write(`Checking ${name} …\n`);
      if (!(await passes(program, rest))) failed.push(name);
    }
  };
  await Promise.all([work(), work()]);
  return failed;
}

/** What it says is shown when it has ended, so that two programs do not talk at once. */
function passes(program, programArgs) {
  return new Promise((resolve) => {
    const args = [join(ROOT, 'node_modules', program), ...programArgs];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.once('error', (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });
}

/** Runs jest to its end. What it prints as JSON goes to its file, so stdout is not shown twice. */
function run(program, programArgs, env = {}) {
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...programArgs], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return result.status ?? 1;
}

/** A suite that could not even be run counts as a failure: none of its tests is in the other numbers. */
function numbers(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
      names: report.testResults.flatMap(failedIn),
    };
  } catch (error) {
    process.stdout.write(`The test runner left no report: ${error.message}\n`);
    return { passed: 0, failed: 1, names: [file] };
  }
}

/** At the end of a long log nobody finds them otherwise. */
function failedIn({ name, status, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
  const suite = relative(ROOT, name);
  return failed.length === 0 && status === 'failed' ? [suite] : failed.map((test) => `${suite}: ${test}`);
}
