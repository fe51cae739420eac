import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { LauncherFailure } from './failure';
import { readJsonObject, writeJsonFile } from './json-file';

/**
 * What is drawn once for an installation and never again: without the master and look-up keys nobody can open the
 * personal data in its log. All but the id are 32 random bytes in base64url.
 */
export interface Secrets {
  readonly installation_id: string;
  readonly master_key: string;
  readonly lookup_key: string;
  readonly callback_secret: string;
  /** Of the owner of the database. */
  readonly postgres_password: string;
  /** Of the login that the application serves with. */
  readonly postgres_app_password: string;
  readonly redis_password: string;
  readonly sandbox_api_key: string;
  /** The private half of the Ed25519 key that signs the heads of the audit log. */
  readonly audit_signing_key: string;
}

const NAMES = [
  'installation_id',
  'master_key',
  'lookup_key',
  'callback_secret',
  'postgres_password',
  'postgres_app_password',
  'redis_password',
  'sandbox_api_key',
  'audit_signing_key',
] as const satisfies readonly (keyof Secrets)[];

/** Reads the secrets, or draws them where there is no such file yet. */
export function loadSecrets(path: string): Secrets {
  if (existsSync(path)) return parseSecrets(withSigningKey(readJsonObject(path) ?? {}, path), path);
  const drawn = Object.fromEntries(NAMES.map((name) => [name, draw(name)]));
  writeJsonFile(path, drawn);
  return parseSecrets(drawn, path);
}

/** Folders from before heads were signed have no key for it: none of theirs is, so one drawn now loses nothing. */
function withSigningKey(value: Record<string, unknown>, path: string): Record<string, unknown> {
  if ('audit_signing_key' in value || !('master_key' in value)) return value;
  const completed = { ...value, audit_signing_key: draw('audit_signing_key') };
  writeJsonFile(path, completed);
  return completed;
}

function draw(name: keyof Secrets): string {
  return name === 'installation_id' ? randomBytes(8).toString('hex') : randomBytes(32).toString('base64url');
}

function parseSecrets(value: Record<string, unknown>, path: string): Secrets {
  const read = (name: keyof Secrets): string => {
    const secret = value[name];
    if (typeof secret === 'string' && secret !== '') return secret;
    // Drawing a new one would silently make everything sealed under the old one unreadable.
    throw new LauncherFailure(
      `${path} is damaged: "${name}" is missing. Restore the file, or move the data folder away.`,
    );
  };
  return {
    installation_id: read('installation_id'),
    master_key: read('master_key'),
    lookup_key: read('lookup_key'),
    callback_secret: read('callback_secret'),
    postgres_password: read('postgres_password'),
    postgres_app_password: read('postgres_app_password'),
    redis_password: read('redis_password'),
    sandbox_api_key: read('sandbox_api_key'),
    audit_signing_key: read('audit_signing_key'),
  };
}
