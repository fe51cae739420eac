import type { ApiKeyKind } from '../../domain/customer/api-key';

export const API_KEY_MINT = Symbol('ApiKeyMint');

export interface MintedKey {
  /** 16 Crockford characters. */
  readonly keyId: string;
  /** The whole key. Shown once, never logged, never stored. */
  readonly plaintext: string;
  /** SHA-256 of `plaintext`, hex. */
  readonly hash: string;
}

export interface ApiKeyMint {
  /** From a cryptographic source of randomness: 80 bits of id, 190 bits of secret. */
  mint(kind: ApiKeyKind): MintedKey;
}
