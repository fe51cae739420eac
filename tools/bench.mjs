/** `npm run bench`: builds the program, compiles the bench beside it and runs it with the arguments given. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

await ensureBuilt();
const out = join(ROOT, 'bench-results', 'compiled');
const tsc = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(ROOT, 'tsconfig.bench.json')];
const compiled = spawnSync(process.execPath, tsc, { cwd: ROOT, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(1);
// The compiler leaves the migrations behind, and the bench provisions its customers through the program's own modules.
cpSync(join(ROOT, 'src'), join(out, 'src'), {
  recursive: true,
  filter: (path) => path.endsWith('.sql') || statSync(path).isDirectory(),
});
const entry = join(out, 'bench', 'main.js');
if (!existsSync(entry)) {
  process.stderr.write('There is no bench/main.ts to run.\n');
  process.exit(1);
}
const bench = spawnSync(process.execPath, ['--enable-source-maps', entry, ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, WAHT_DIST: DIST },
  stdio: 'inherit',
});
process.exit(bench.status ?? 1);
