import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomFillSync } from 'node:crypto';
import type { Sealed } from '../../domain/shared/sealed';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Version of the way a subject's key is wrapped; stands in each row, so that the master key can be changed by and by. */
export const KEY_VERSION = 1;

const ivPool = Buffer.alloc(IV_BYTES * 256);
let ivOffset = ivPool.length;

/** Random bytes are asked for in bulk: each request costs more than what is drawn. */
function nextIv(): Buffer {
  if (ivOffset === ivPool.length) {
    randomFillSync(ivPool);
    ivOffset = 0;
  }
  const iv = Buffer.from(ivPool.subarray(ivOffset, ivOffset + IV_BYTES));
  ivOffset += IV_BYTES;
  return iv;
}

/** A key of our own for one purpose, from a 32-byte secret (HKDF-SHA-256). */
export const deriveKey = (secret: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `waht/${purpose}`, KEY_BYTES));

export const newSubjectKey = (): Buffer => randomBytes(KEY_BYTES);

/** Bound to its subject: the ciphertext of one opens under no other. */
export function sealWith(key: Uint8Array, subjectId: string, plaintext: string): Sealed {
  const iv = nextIv();
  const cipher = createCipheriv(ALGORITHM, key, iv);
  cipher.setAAD(Buffer.from(subjectId));
  // The mode is a stream cipher: `final` adds nothing to what `update` gave.
  const ciphertext = cipher.update(plaintext, 'utf8');
  cipher.final();
  return {
    kid: subjectId,
    iv: iv.toString('base64url'),
    ct: ciphertext.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
  };
}

/** @throws Error where the key does not open it. */
export function openWith(key: Uint8Array, { kid, iv, ct, tag }: Sealed): string {
  const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(iv, 'base64url'), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(kid));
  decipher.setAuthTag(Buffer.from(tag, 'base64url'));
  return decipher.update(Buffer.from(ct, 'base64url'), undefined, 'utf8') + decipher.final('utf8');
}

/** Subjects' keys as they stand in Postgres: iv, ciphertext and tag under a key derived from the master key. */
export class KeyWrapper {
  private readonly wrappingKey: Buffer;

  constructor(masterKey: Buffer) {
    this.wrappingKey = deriveKey(masterKey, `subject-keys/${KEY_VERSION}`);
  }

  wrap(subjectId: string, key: Uint8Array): Buffer {
    const iv = nextIv();
    const cipher = createCipheriv(ALGORITHM, this.wrappingKey, iv);
    cipher.setAAD(Buffer.from(subjectId));
    return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error where it was wrapped in another way, or under another master key. */
  unwrap(subjectId: string, wrapped: Buffer, keyVersion: number): Buffer {
    if (keyVersion !== KEY_VERSION)
      throw new Error(`a subject's key is wrapped in version ${keyVersion}, unknown here`);
    const decipher = createDecipheriv(ALGORITHM, this.wrappingKey, wrapped.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(subjectId));
    decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
    const key = decipher.update(wrapped.subarray(IV_BYTES, wrapped.length - TAG_BYTES));
    return Buffer.concat([key, decipher.final()]);
  }
}
