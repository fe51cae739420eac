import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from './failure';
import { readJsonObject, writeJsonFile } from './json-file';
import { type ProcessIdentity, isAlive } from './process-identity';

/** What a pid file holds. `folder` is the data folder that the process belongs to: a copied folder owns no process. */
export interface PidRecord extends ProcessIdentity {
  readonly folder: string;
}

export function writePidFile(path: string, record: PidRecord): void {
  writeJsonFile(path, record);
}

/** The record, or undefined where there is none that can be trusted for this folder. */
export function readPidFile(path: string, folder: string): PidRecord | undefined {
  const value = readJsonObject(path);
  if (!value || typeof value['pid'] !== 'number' || typeof value['started'] !== 'string') return undefined;
  return value['folder'] === folder ? { pid: value['pid'], started: value['started'], folder } : undefined;
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** Sends a signal; says whether there was a process to take it. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

const LOOK_EVERY_MS = 25;

/**
 * Stops the process that a pid file names, if exactly that one still runs, and removes the file.
 * @returns whether there was one to stop.
 */
export async function stopOrphan(
  path: string,
  folder: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<boolean> {
  const orphan = readPidFile(path, folder);
  if (!orphan || !isAlive(orphan)) {
    removePidFile(path);
    return false;
  }
  sendSignal(orphan.pid, signal);
  const deadline = Date.now() + graceMs;
  while (isAlive(orphan)) {
    // Its whole group goes, since what it started itself would hold on to its port and its files.
    if (Date.now() > deadline && isAlive(orphan)) sendSignal(-orphan.pid, 'SIGKILL');
    await delay(LOOK_EVERY_MS);
  }
  removePidFile(path);
  return true;
}
