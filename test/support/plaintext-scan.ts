import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Redis from 'ioredis';

/** A text or bytes that must not be found, in one of the forms that it could be found in. */
export interface Needle {
  /** What it is, for the report of a test that fails; holds nothing of it. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Where a needle was found. */
export interface Find {
  readonly needle: string;
  readonly where: string;
}

/** Base64 of bytes wherever they begin in a group of three, without the characters that neighbours would change. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes, Buffer.alloc(2)]).toString('base64');
    const from = Math.ceil((shift * 8) / 6);
    return text.slice(from, Math.floor(((shift + bytes.length) * 8) / 6));
  });
}

/** A text as it is, in UTF-16, base64, base64url and hex. */
export function textNeedles(name: string, text: string): Needle[] {
  return [
    ...binaryNeedles(name, Buffer.from(text)),
    { name: `${name} in UTF-16`, bytes: Buffer.from(text, 'utf16le') },
    { name: `${name} in a URL`, bytes: Buffer.from(encodeURIComponent(text)) },
  ];
}

/** Bytes as they are, in base64, base64url and hex. */
export function binaryNeedles(name: string, bytes: Buffer): Needle[] {
  const hex = bytes.toString('hex');
  const base64 = base64Forms(bytes);
  const texts = new Map([
    [hex, 'in hex'],
    [hex.toUpperCase(), 'in upper-case hex'],
    ...base64.map((form) => [form, 'in base64'] as const),
    ...base64.map((form) => [form.replaceAll('+', '-').replaceAll('/', '_'), 'in base64url'] as const),
  ]);
  return [{ name, bytes }, ...[...texts].map(([text, how]) => ({ name: `${name} ${how}`, bytes: Buffer.from(text) }))];
}

/** A Kenyan number in every form that people and programs write it in, and hashed without a key. */
export function numberNeedles(e164: string): Needle[] {
  const national = e164.slice(4);
  const groups = [national.slice(0, 3), national.slice(3, 6), national.slice(6)] as const;
  const digest = (algorithm: string): Buffer => createHash(algorithm).update(e164).digest();
  return [
    ...textNeedles('the number', e164),
    // With and without country code or zero: each of them holds these nine digits.
    ...textNeedles('its nine digits', national),
    ...[' ', '-'].flatMap((gap) => textNeedles('its digits in groups', groups.join(gap))),
    ...binaryNeedles('its SHA-256', digest('sha256')),
    ...binaryNeedles('its SHA-1', digest('sha1')),
    ...binaryNeedles('its MD5', digest('md5')),
  ];
}

const CHUNK = 4 * 1024 * 1024;

/** Looks through every file under these folders, sparse or deleted meanwhile or not. */
export function scanFolders(folders: readonly string[], needles: readonly Needle[]): Find[] {
  return folders.flatMap((folder) => filesUnder(folder).flatMap((path) => scanFile(path, needles)));
}

export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function scanFile(path: string, needles: readonly Needle[]): Find[] {
  // A server at work removes files while they are listed.
  if (!existsSync(path)) return [];
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length));
  const found = new Map<string, Find>();
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(CHUNK + overlap);
    for (let offset = 0; offset < statSync(path).size; offset += CHUNK) {
      const read = readSync(descriptor, buffer, 0, buffer.length, offset);
      for (const find of scanBytes(path, buffer.subarray(0, read), needles)) found.set(find.needle, find);
    }
  } finally {
    closeSync(descriptor);
  }
  return [...found.values()];
}

export function scanBytes(where: string, bytes: Buffer, needles: readonly Needle[]): Find[] {
  return needles.filter((needle) => bytes.includes(needle.bytes)).map(({ name }) => ({ needle: name, where }));
}

export const scanText = (where: string, text: string, needles: readonly Needle[]): Find[] =>
  scanBytes(where, Buffer.from(text), needles);

/** Every key of a Redis database: its name and all that it holds, whatever its type. */
export async function scanRedis(url: string, needles: readonly Needle[]): Promise<Find[]> {
  const redis = new Redis(url);
  try {
    const found: Find[] = [];
    for (const key of await redis.keys('*')) {
      const values = {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        set: () => redis.smembers(key),
        list: () => redis.lrange(key, 0, -1),
        zset: () => redis.zrange(key, '0', '-1'),
      } as const;
      const type = await redis.type(key);
      const value: unknown = type in values ? await values[type as keyof typeof values]() : null;
      const dump = (await redis.dumpBuffer(key)) ?? Buffer.alloc(0);
      found.push(...scanText(`Redis ${type}`, `${key}\n${JSON.stringify(value)}`, needles));
      found.push(...scanBytes('Redis DUMP', dump, needles));
    }
    return found;
  } finally {
    redis.disconnect();
  }
}
