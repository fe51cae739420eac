import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LauncherFailure } from '../launcher/failure';
import { readJsonObject, writeJsonFile } from '../launcher/json-file';
import { runCommand } from '../launcher/run-command';
import type { PostgresBinaries } from './binaries';

/** Where the server's files lie and who it runs as. */
export interface PostgresHome {
  /** The folder that holds `data`, the marker of a finished initdb, and the password file while initdb runs. */
  readonly root: string;
  readonly bin: string;
  /** Left out where the server runs as the launcher's own user. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

export interface HomeOptions {
  /** The installation's data folder, an absolute path. */
  readonly folder: string;
  /** The installation's id: its home outside the data folder is found by it, also after the folder has been moved. */
  readonly installation: string;
}

/** Where root's homes lie: kept over a reboot, and open to the user that the server runs as. */
const PLACE_FOR_ROOT = '/var/lib';
const PREFIX = 'waht-';
const OWNER_FILE = 'owner.json';

/**
 * Finds, or makes, the server's home. Postgres refuses to run as root; as another user it can enter neither root's
 * home nor any other folder of mode 0700, so root's homes lie in `/var/lib`, and the programs are copied there too
 * where that user cannot reach them.
 * @throws LauncherFailure where the data folder is a copy of another one that still owns the home.
 */
export async function postgresHome(options: HomeOptions, binaries: PostgresBinaries): Promise<PostgresHome> {
  if (process.getuid?.() !== 0) {
    const root = join(options.folder, 'postgres');
    mkdirSync(root, { recursive: true, mode: 0o700 });
    return { root, bin: binaries.bin };
  }
  const account = await serverAccount();
  const root = homeOutside(options.installation);
  claim(root, options);
  removeForsaken(root, options.folder);
  mkdirSync(join(root, 'data'), { recursive: true, mode: 0o700 });
  chownSync(join(root, 'data'), account.uid, account.gid);
  const bin = await reachable(binaries, account);
  return { root, bin, account };
}

/** Where the home of an installation lies when it is not in the data folder. */
export function homeOutside(installation: string): string {
  return join(PLACE_FOR_ROOT, PREFIX + installation);
}

/** Removes a home that lies outside of its data folder; for test runs, which leave nothing behind. */
export function removeHome(installation: string): void {
  rmSync(homeOutside(installation), { recursive: true, force: true });
}

async function serverAccount(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    const uid = await runCommand('id', ['-u', name]);
    const gid = await runCommand('id', ['-g', name]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new LauncherFailure(
    'Postgres does not run as root, and this system has neither a user "postgres" nor "nobody" to run it as. ' +
      'Add one, start as another user, or set DATABASE_URL.',
  );
}

/** Notes whose home it is. A moved data folder keeps its home; a copied one must not share it. */
function claim(root: string, { folder, installation }: HomeOptions): void {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const owner = readJsonObject(join(root, OWNER_FILE))?.['folder'];
  if (owner === folder) return;
  if (typeof owner === 'string' && readJsonObject(join(owner, 'secrets.json'))?.['installation_id'] === installation) {
    throw new LauncherFailure(
      `${folder} is a copy of ${owner}, and the Postgres data in ${root} belongs to that one. ` +
        'Start from there, or move the copied data folder away.',
    );
  }
  writeJsonFile(join(root, OWNER_FILE), { folder, installation });
}

/** Removes homes that nobody can come back to: of a data folder made anew, or of one in the temporary folder that is gone. */
function removeForsaken(own: string, folder: string): void {
  const temporary = realpathSync(tmpdir());
  for (const name of readdirSync(PLACE_FOR_ROOT)) {
    const root = join(PLACE_FOR_ROOT, name);
    if (!name.startsWith(PREFIX) || root === own) continue;
    const owner = readJsonObject(join(root, OWNER_FILE))?.['folder'];
    if (typeof owner !== 'string') continue;
    // A folder elsewhere that is not there now may lie on a disk that is not mounted: its home stays.
    const gone = owner.startsWith(`${temporary}/`) && !existsSync(owner);
    if (owner === folder || gone) rmSync(root, { recursive: true, force: true });
  }
}

/** The programs' folder as the server's user can reach it. */
async function reachable(binaries: PostgresBinaries, account: { uid: number; gid: number }): Promise<string> {
  const runs = async (bin: string): Promise<boolean> =>
    (await runCommand(join(bin, 'initdb'), ['--version'], { ...account, cwd: '/' })).code === 0;
  if (await runs(binaries.bin)) return binaries.bin;
  if (!binaries.tree) throw new LauncherFailure(`The user with id ${account.uid} cannot run ${binaries.bin}/initdb.`);
  const place = join(PLACE_FOR_ROOT, 'waht-postgres');
  const copy = join(place, `${binaries.version}-${process.arch}`);
  if (!(await runs(join(copy, 'bin')))) {
    mkdirSync(place, { recursive: true, mode: 0o755 });
    const draft = `${copy}.${process.pid}`;
    const wanted = (file: string): boolean => !/\.a$|\/pkgconfig$/.test(file);
    cpSync(binaries.tree, draft, { recursive: true, verbatimSymlinks: true, filter: wanted });
    await runCommand('chmod', ['-R', 'a+rX', draft]);
    rmSync(copy, { recursive: true, force: true });
    renameSync(draft, copy);
  }
  if (await runs(join(copy, 'bin'))) return join(copy, 'bin');
  throw new LauncherFailure(`The user with id ${account.uid} cannot run the Postgres programs in ${copy}.`);
}
