import { mkdirSync, realpathSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherFailure } from './failure';

/** Where everything of one installation lies. All paths are absolute. */
export class DataFolder {
  private constructor(readonly root: string) {}

  /** Makes the folder, closed to other users, where it is missing. */
  static open(path: string): DataFolder {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const folder = new DataFolder(realpathSync(path));
    for (const part of ['logs', 'run']) mkdirSync(folder.path(part), { recursive: true, mode: 0o700 });
    return folder;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** The file that takes what a child prints. */
  log(name: string): string {
    return this.path('logs', `${name}.log`);
  }

  /** The file that says which process a child is. */
  pidFile(name: string): string {
    return this.path('run', `${name}.json`);
  }
}

const MEBIBYTE = 1024 * 1024;
/** Below this, databases begin to fail in the middle of their work; it is kinder not to start. */
export const LEAST_FREE_BYTES = 64 * MEBIBYTE;

/**
 * Fails with one clear line where the disk under a folder is full.
 * @param freeBytes how much is free there, for whoever wants to say it; by default the file system is asked.
 */
export function assertRoom(folder: string, freeBytes: number = freeBytesAt(folder)): void {
  if (freeBytes >= LEAST_FREE_BYTES) return;
  throw new LauncherFailure(
    `The disk is full: ${Math.floor(freeBytes / MEBIBYTE)} MiB are free at ${folder}, at least ` +
      `${LEAST_FREE_BYTES / MEBIBYTE} MiB are needed. Free some space, or set WAHT_DATA to a folder elsewhere.`,
  );
}

function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
