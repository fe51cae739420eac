import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';

/** What stands before the 32 bytes of a key in DER: RFC 8410. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;

/** An Ed25519 key that heads can be checked with. */
export interface VerifyingKey {
  /** First 16 hex digits of the SHA-256 of the public key's 32 bytes. */
  readonly id: string;
  /** The 32 bytes of the public key. */
  readonly publicKey: Buffer;
  verifies(text: string, signature: Buffer): boolean;
}

export interface SigningKey extends VerifyingKey {
  sign(text: string): Buffer;
}

/** @param publicKey 32 bytes. @throws Error where they are no key. */
export function verifyingKey(publicKey: Buffer): VerifyingKey {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes');
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' });
  return keyOf(key, publicKey);
}

/** @param seed the 32 bytes of the private key. */
export function signingKey(seed: Buffer): SigningKey {
  if (seed.length !== KEY_BYTES) throw new RangeError('an Ed25519 private key has 32 bytes');
  const secret = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const open = createPublicKey(secret);
  const publicKey = open.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length);
  return { ...keyOf(open, publicKey), sign: (text) => sign(null, Buffer.from(text), secret) };
}

const keyOf = (key: KeyObject, publicKey: Buffer): VerifyingKey => ({
  id: hash('sha256', publicKey, 'hex').slice(0, 16),
  publicKey,
  verifies: (text, signature) => verify(null, Buffer.from(text), key, signature),
});
