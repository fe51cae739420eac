import type { EnvironmentReader } from './environment';

const SECRET_BYTES = 32;
/** 32 random bytes hold about 30 different ones; under 16 happens less than once in 10^9 draws. */
const FEWEST_DISTINCT_BYTES = 16;
export const GENERATE = 'make one with: openssl rand -base64 32 | tr "+/" "-_" | tr -d "="';

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

/** True for a key that a person typed or a program filled in: too few different bytes, or nothing but readable characters. */
const looksMadeUp = (bytes: Buffer): boolean =>
  new Set(bytes).size < FEWEST_DISTINCT_BYTES || bytes.every((byte) => isPrintable(byte));

/** 32 bytes of base64url. In production one that does not look random is refused as well. */
export function readSecret(reader: EnvironmentReader, name: string, production: boolean, purpose: string): Buffer {
  const text = reader.required(name, `${purpose}; ${GENERATE}`);
  return text === '' ? Buffer.alloc(SECRET_BYTES) : parseSecret(reader, name, text, production);
}

/** The same of a text that stands elsewhere; `name` is what the problem is told of. */
export function parseSecret(reader: EnvironmentReader, name: string, text: string, production: boolean): Buffer {
  const bytes = /^[A-Za-z0-9_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== SECRET_BYTES) {
    reader.problem(name, `must be ${SECRET_BYTES} bytes in base64url (43 characters); ${GENERATE}`);
    return Buffer.alloc(SECRET_BYTES);
  }
  if (production && looksMadeUp(bytes)) reader.problem(name, `is too weak for production; ${GENERATE}`);
  return bytes;
}

/** One secret that leaks must not open what another one guards. */
export function refuseSharedSecrets(reader: EnvironmentReader, secrets: ReadonlyMap<string, Buffer>): void {
  const seen = new Map<string, string>();
  for (const [name, bytes] of secrets) {
    const text = bytes.toString('hex');
    const first = seen.get(text);
    if (first !== undefined && bytes.some((byte) => byte !== 0)) {
      reader.problem(name, `must not be the same secret as ${first}`);
    }
    seen.set(text, name);
  }
}

const DEFAULT_PASSWORDS = new Set([
  '',
  'admin',
  'changeit',
  'changeme',
  'change-me',
  'default',
  'password',
  'postgres',
  'redis',
  'root',
  'secret',
  'waht',
]);

/** A default password guards nothing: in production a server's URL may carry none. */
export function refuseDefaultPassword(reader: EnvironmentReader, name: string, url: URL | null): void {
  if (url === null || url.username === '') return;
  const password = decodeURIComponent(url.password).toLowerCase();
  if (DEFAULT_PASSWORDS.has(password) || password === decodeURIComponent(url.username).toLowerCase()) {
    reader.problem(name, 'carries an empty or default password, which production refuses');
  }
}
