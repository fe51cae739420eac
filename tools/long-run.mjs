/** Builds the program, compiles a long run of `test/` beside it and starts that with the arguments given. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

/**
 * Does not return: ends with the run's own exit code.
 * @param name the folder of `test/` that holds its `main.ts`.
 */
export async function longRun(name) {
  await ensureBuilt();
  const out = join(ROOT, 'test-results', `${name}-compiled`);
  const program = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const tsc = [program, '-p', join(ROOT, 'tsconfig.runs.json'), '--outDir', out];
  const compiled = spawnSync(process.execPath, tsc, { cwd: ROOT, stdio: 'inherit' });
  if (compiled.status !== 0) process.exit(1);
  // The compiler leaves behind what is JavaScript already.
  const support = join(ROOT, 'test', 'support');
  for (const file of readdirSync(support).filter((each) => each.endsWith('.cjs'))) {
    cpSync(join(support, file), join(out, 'test', 'support', file));
  }
  const entry = join(out, 'test', name, 'main.js');
  const run = spawnSync(process.execPath, ['--enable-source-maps', entry, ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, WAHT_TEST_DIST: process.env.WAHT_TEST_DIST ?? DIST },
    stdio: 'inherit',
  });
  process.exit(run.status ?? 1);
}
