/**
 * The contract of an event store, checked on the server that `ESDB_URL` names, through its connection string alone:
 *   npm run test:eventstore          any EventStoreDB of version 24, or, without `ESDB_URL`, the embedded server
 *   npm run test:eventstore:secure   one with TLS and users, the string naming an administrator
 * Closes with the number of cases.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

const SUITES = {
  suite: 'the contract of an event store',
  secure: 'the contract of a secure event store',
};

const [name = 'suite', ...rest] = process.argv.slice(2);
const title = SUITES[name];
if (!title) fail(`There is no suite ${name}; there are: ${Object.keys(SUITES).join(', ')}.`);
const { ESDB_URL: url } = process.env;
if (name === 'secure' && !url) {
  fail('ESDB_URL is not set: give the connection string of a secure server, such as esdb://admin:changeit@host:2113.');
}
if (!url) await ensureBuilt();

const report = join(ROOT, 'test-results', `event-store-${name}.json`);
mkdirSync(join(ROOT, 'test-results'), { recursive: true });
rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(ROOT, 'test/contract/event-store/jest.config.cjs'),
    // One file after the other: restarting the groups' subsystem, which is one of the cases, concerns all of them.
    '--runInBand',
    '--json',
    `--outputFile=${report}`,
    `/event-store/${name}/`,
    ...rest,
  ],
  { cwd: ROOT, env: { ...process.env, WAHT_TEST_DIST: DIST }, stdio: ['ignore', 'ignore', 'inherit'] },
);
const { numTotalTests, numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
process.stdout.write(
  `${title}, on ${url ? 'the server of ESDB_URL' : 'the embedded server'}: ` +
    `${numTotalTests} cases, ${numPassedTests} passed, ${numFailedTests} failed\n`,
);
process.exitCode = status ?? 1;

function fail(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(2);
}
