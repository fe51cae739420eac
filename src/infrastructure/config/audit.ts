import type { AuditConfiguration } from '../../application/ports/configuration';
import type { EnvironmentReader } from './environment';
import { readSecret } from './secrets';

const KEY = 'WAHT_AUDIT_SIGNING_KEY';
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}=?$/;
const LONGEST_PAUSE_SECONDS = 3_600;

/** In production the heads of the audit log must be signed; a developer's start without a key goes on without them. */
export function readAudit(reader: EnvironmentReader, production: boolean): AuditConfiguration {
  const isSet = reader.raw(KEY) !== null;
  return {
    signingKey: isSet || production ? readSecret(reader, KEY, production, 'signs the heads of the audit log') : null,
    trustedKeys: readTrustedKeys(reader),
    folder: reader.text('WAHT_AUDIT_FOLDER', '.waht/audit'),
    headEveryMs: reader.integer('WAHT_AUDIT_HEAD_SECONDS', 60, { min: 1, max: LONGEST_PAUSE_SECONDS }) * 1_000,
  };
}

function readTrustedKeys(reader: EnvironmentReader): Buffer[] {
  const texts = reader.list('WAHT_AUDIT_TRUSTED_KEYS', []);
  if (texts.some((text) => !PUBLIC_KEY.test(text))) {
    reader.problem('WAHT_AUDIT_TRUSTED_KEYS', 'must be public keys of 32 bytes in base64url, comma-separated');
    return [];
  }
  return texts.map((text) => Buffer.from(text, 'base64url'));
}
