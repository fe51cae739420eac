/**
 * `npm run waht -- …`: the command line. It reaches the services of the running program: what the environment does not
 * say is taken from the file that the launcher has written.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { DIST, ROOT, ensureBuilt } from './build.mjs';

await ensureBuilt();
const file = resolve(process.env.WAHT_DATA || join(ROOT, '.waht'), 'runtime.json');
for (const [name, value] of Object.entries(readRuntime())) process.env[name] ||= value;

const entry = join(DIST, 'cli', 'main.js');
// The program's own arguments begin where those of this script do.
process.argv[1] = entry;
createRequire(import.meta.url)('node:module').runMain(entry);

function readRuntime() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    const missing = ['ESDB_URL', 'DATABASE_URL', 'REDIS_URL'].filter((name) => !process.env[name]);
    if (missing.length === 0) return {};
    process.stderr.write(`Nothing was started yet: ${file} is missing. Run npm start, or set ${missing.join(', ')}.\n`);
    return process.exit(1);
  }
}
