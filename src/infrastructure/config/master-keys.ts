import { readFileSync } from 'node:fs';
import type { MasterKeys } from '../../application/ports/configuration';
import type { EnvironmentReader } from './environment';
import { GENERATE, parseSecret } from './secrets';

const KEY = 'WAHT_MASTER_KEY';
const FILE = 'WAHT_MASTER_KEY_FILE';
const CURRENT = 'WAHT_MASTER_KEY_VERSION';
const HIGHEST_VERSION = 1_000_000;

interface Listed {
  /** The variable that is to blame where something is wrong. */
  readonly source: string;
  readonly entries: readonly string[];
}

/**
 * The keys that wrap the subjects' keys, each under a version of its own: a single key without one is version 1, several
 * are written `1:…,2:…` or, in a file, one a line. What is new is wrapped in the current version: the highest, unless
 * WAHT_MASTER_KEY_VERSION names another, so that a key can be made known to every process before any uses it.
 */
export function readMasterKeys(reader: EnvironmentReader, production: boolean): MasterKeys {
  const { source, entries } = listed(reader);
  const byVersion = new Map<number, Buffer>();
  for (const entry of entries) {
    const [, version, text = ''] = /^(?:(\d{1,7}):)?(.*)$/s.exec(entry) ?? [];
    if (version === undefined && entries.length > 1) {
      reader.problem(source, 'must give each of several keys a version, such as 1:KEY,2:KEY');
      continue;
    }
    const number = Number(version ?? 1);
    if (number < 1 || number > HIGHEST_VERSION) reader.problem(source, 'must count versions from 1');
    else if (byVersion.has(number)) reader.problem(source, `holds version ${number} twice`);
    else byVersion.set(number, parseSecret(reader, label(source, entries.length, number), text, production));
  }
  return { current: currentOf(reader, source, byVersion), byVersion };
}

function listed(reader: EnvironmentReader): Listed {
  const path = reader.raw(FILE);
  if (path === null) {
    const text = reader.required(KEY, `wraps the keys that seal people's data; ${GENERATE}`);
    return { source: KEY, entries: text.split(/[\s,]+/).filter((entry) => entry !== '') };
  }
  if (reader.raw(KEY) !== null) reader.problem(FILE, `must not be set beside ${KEY}`);
  const entries = readLines(reader, path);
  if (entries?.length === 0) reader.problem(FILE, `names a file without a key; ${GENERATE}`);
  return { source: FILE, entries: entries ?? [] };
}

/** Null where it cannot be read, which has then been noted. Empty lines and lines that begin with # say nothing. */
function readLines(reader: EnvironmentReader, path: string): string[] | null {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    reader.problem(FILE, `names a file that cannot be read (${code})`);
    return null;
  }
}

function currentOf(reader: EnvironmentReader, source: string, byVersion: ReadonlyMap<number, Buffer>): number {
  const highest = Math.max(1, ...byVersion.keys());
  const current = reader.integer(CURRENT, highest, { min: 1, max: HIGHEST_VERSION });
  if (byVersion.size > 0 && !byVersion.has(current)) {
    reader.problem(CURRENT, `is ${current}, and ${source} holds no key of that version`);
  }
  return current;
}

const label = (source: string, count: number, version: number): string =>
  count === 1 ? source : `${source} version ${version}`;
