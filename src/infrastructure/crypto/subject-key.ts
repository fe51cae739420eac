import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomFillSync } from 'node:crypto';
import type { Sealed } from '../../domain/shared/sealed';

export const ALGORITHM = 'aes-256-gcm';
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
export const KEY_BYTES = 32;

const ivPool = Buffer.alloc(IV_BYTES * 256);
let ivOffset = ivPool.length;

/** Random bytes are asked for in bulk: each request costs more than what is drawn. */
export function nextIv(): Buffer {
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
