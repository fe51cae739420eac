import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ApiKeyMint, MintedKey } from '../../application/ports/api-key-mint';
import { formatApiKey, type ApiKeyKind } from '../../domain/customer/api-key';
import { crockford } from '../../domain/shared/ids';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

@Injectable()
export class RandomApiKeyMint implements ApiKeyMint {
  mint(kind: ApiKeyKind): MintedKey {
    // The last 16 of 26 characters: 80 random bits.
    const keyId = crockford(randomBytes(16)).slice(-16);
    const secret = Array.from({ length: 32 }, () => BASE62.charAt(randomInt(BASE62.length))).join('');
    const plaintext = formatApiKey(kind, keyId, secret);
    return { keyId, plaintext, hash: createHash('sha256').update(plaintext).digest('hex') };
  }
}
