/**
 * `npm run test:faults`: builds the program, compiles the fault run beside it and starts it with the arguments given. With
 * `WAHT_TEST_DIST` it is run against another build.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

await ensureBuilt();
const out = join(ROOT, 'test-results', 'faults-compiled');
const tsc = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(ROOT, 'tsconfig.faults.json')];
const compiled = spawnSync(process.execPath, tsc, { cwd: ROOT, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(1);
// The compiler leaves behind what is JavaScript already.
for (const folder of ['faults', 'support']) {
  for (const name of readdirSync(join(ROOT, 'test', folder)).filter((file) => file.endsWith('.cjs'))) {
    cpSync(join(ROOT, 'test', folder, name), join(out, 'test', folder, name));
  }
}
const entry = join(out, 'test', 'faults', 'main.js');
const run = spawnSync(process.execPath, ['--enable-source-maps', entry, ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, WAHT_TEST_DIST: process.env.WAHT_TEST_DIST ?? DIST },
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
