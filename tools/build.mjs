/**
 * Builds `dist/` where it is missing or older than what it is made of. Used by the other tools; as a command of its own:
 * `node tools/build.mjs`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const DIST = join(ROOT, 'dist');

/** In the build itself, so that whoever deletes `dist/` deletes it too. */
const STAMP = join(DIST, '.made-of');
const LOCK = join(ROOT, 'node_modules', '.waht-build');
const CONFIGURATION = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];
const WAIT_MS = 300_000;

/** Builds if needed; ends the process with one clear line where that is impossible. */
export async function ensureBuilt() {
  if (isFresh()) return;
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  if (!existsSync(nest)) {
    // An image for production carries the build, and nothing to make it with.
    if (existsSync(join(DIST, 'main.js')) && existsSync(join(ROOT, 'node_modules'))) return;
    fail('The dependencies are not installed. Run: npm ci');
  }
  const release = await takeTurn();
  try {
    // Whoever built while this process waited has done the work.
    if (!isFresh()) build(nest);
  } finally {
    release();
  }
}

function build(nest) {
  const madeOf = fingerprint();
  process.stderr.write('Building …\n');
  const result = spawnSync(process.execPath, [nest, 'build'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.signal) process.kill(process.pid, result.signal);
  if (result.status !== 0) fail('The build failed; the compiler says why above.');
  writeFileSync(STAMP, madeOf);
}

function isFresh() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint();
}

/** Names, sizes and times of all sources: enough to notice any edit or checkout, and read in milliseconds. */
function fingerprint() {
  const source = join(ROOT, 'src');
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [...files.sort(), ...CONFIGURATION.map((name) => join(ROOT, name))]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(ROOT, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Two builds at once would delete each other's files: the second waits for the first. */
async function takeTurn() {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    try {
      mkdirSync(LOCK);
      writeFileSync(join(LOCK, 'pid'), String(process.pid));
      return () => rmSync(LOCK, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!holderIsAlive() || Date.now() > deadline) rmSync(LOCK, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function holderIsAlive() {
  try {
    const pid = Number(readFileSync(join(LOCK, 'pid'), 'utf8'));
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // Between making the folder and writing the pid there is no pid for a moment.
    if (error.code === 'ENOENT') return existsSync(LOCK) && Date.now() - statSync(LOCK).mtimeMs < 2_000;
    return error.code === 'EPERM';
  }
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureBuilt();
