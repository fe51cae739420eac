import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { DataFolder } from './data-folder';
import { LauncherFailure, hasCode } from './failure';
import { type PidRecord, readPidFile } from './pid-file';
import { identify, isAlive } from './process-identity';

const TRIES = 5;

/**
 * Takes the data folder for this process alone. @returns how to let go of it.
 * @throws LauncherFailure where another launcher that still runs holds it.
 */
export function takeDataFolder(folder: DataFolder): () => void {
  const own = identify(process.pid);
  if (!own) throw new LauncherFailure('This system does not tell when a process was started (is "ps" missing?).');
  const lock = folder.pidFile('launcher');
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...own, folder: folder.root } satisfies PidRecord), { mode: 0o600 });
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (linked(draft, lock)) return () => rmSync(lock, { force: true });
      const holder = readPidFile(lock, folder.root);
      if (holder && isAlive(holder)) {
        throw new LauncherFailure(
          `Another start (process ${holder.pid}) is using ${folder.root}. Stop it first, or set WAHT_DATA to another folder.`,
        );
      }
      setAside(lock, folder, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new LauncherFailure(`${lock} changes hands too often; try again.`);
}

/** A link is made by one process only, however many try at once, and the file is never seen half written. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Removes the lock of a launcher that is gone, unless another start has replaced it meanwhile: then it is put back. */
function setAside(lock: string, folder: DataFolder, gone: PidRecord | undefined): void {
  const aside = `${lock}.gone.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = readPidFile(aside, folder.root);
  if (moved && moved.pid !== gone?.pid && isAlive(moved)) linked(aside, lock);
  rmSync(aside, { force: true });
}
