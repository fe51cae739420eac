import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { hasCode } from './failure';

/** What a JSON file holds, or undefined where there is no such file or it was damaged by a crash. */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The same as an object; undefined for anything that is not one. */
export function readJsonObject(path: string): Record<string, unknown> | undefined {
  const value = readJsonFile(path);
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Writes a JSON file as a whole or not at all: readers see the old one or the new one, also after a power cut.
 * The default mode keeps it to its owner, since most of these files hold secrets.
 */
export function writeJsonFile(path: string, value: unknown, mode = 0o600): void {
  writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/** As {@link writeJsonFile}, for a text. */
export function writeFileAtomically(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, 'w', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
