import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { hasCode, oneLine } from './failure';

const MEBIBYTE = 1024 * 1024;
/** A log that has grown past this is set aside at the next start; so many of them are kept. */
export const ROTATE_AT_BYTES = 8 * MEBIBYTE;
const KEPT = 3;
const MOST_READ_BYTES = 256 * 1024;

/** Sets a log aside as `<name>.log.1` (and older ones as .2, .3) where it has grown too long. */
export function rotateLog(path: string): void {
  if (sizeOf(path) <= ROTATE_AT_BYTES) return;
  rmSync(`${path}.${KEPT}`, { force: true });
  for (let age = KEPT - 1; age >= 0; age -= 1) {
    const older = age === 0 ? path : `${path}.${age}`;
    if (sizeOf(older) >= 0) renameSync(older, `${path}.${age + 1}`);
  }
}

/** What a log holds from a byte on, 256 KiB at most; empty where there is nothing. */
export function readLogFrom(path: string, start: number): string {
  return readBytesFrom(path, start).toString('utf8');
}

/** As {@link readLogFrom}, in bytes. */
export function readBytesFrom(path: string, start: number): Buffer {
  const length = Math.min(sizeOf(path) - start, MOST_READ_BYTES);
  if (length <= 0) return Buffer.alloc(0);
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, start));
  } finally {
    closeSync(file);
  }
}

/** The size of a file in bytes, or -1 where there is none. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return -1;
    throw error;
  }
}

/**
 * What best says why a child ended, in one line: the list that it closed with, else its last complaint, else its last
 * line that is not part of a stack trace. Structured lines are reduced to their message.
 */
export function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map(messageOf)
    .filter((line) => line !== '' && !/^(at |[{}\]^~]|Node\.js v)/.test(line));
  const list = closingList(lines);
  if (list.length > 0) return oneLine(list.join(' '));
  const complaint = lines.findLast((line) => COMPLAINT.test(line));
  return oneLine(complaint ?? lines.at(-1) ?? '');
}

const COMPLAINT = /Error\b.*:|\b(error|fatal|panic|refused|cannot|can't|failed|denied|no space)\b(?![/-])/i;

/** A last "header: / - one / - two" as a whole, or nothing. */
function closingList(lines: readonly string[]): string[] {
  const header = lines.findLastIndex((line) => !line.startsWith('- '));
  return header >= 0 && header < lines.length - 1 ? lines.slice(header) : [];
}

function messageOf(line: string): string {
  const text = line.trim();
  if (!text.startsWith('{"')) return text;
  try {
    const entry = JSON.parse(text) as { msg?: unknown; err?: { message?: unknown } };
    const parts = [entry.msg, entry.err?.message].filter((part) => typeof part === 'string' && part !== '');
    return [...new Set(parts)].join(': ') || text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
