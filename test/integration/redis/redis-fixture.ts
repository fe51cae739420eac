import { Redis } from 'ioredis';
import type { AdmissionRequest } from '../../../src/application/ports/admission';
import type { Logger } from '../../../src/application/ports/logger';
import type { SubjectHashes } from '../../../src/infrastructure/redis/log-mirror';
import { redisDatabase } from '../../support/services';

export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

/** An empty numbered database that no other test file uses. */
export async function emptyRedis(): Promise<{ url: string; raw: Redis }> {
  const url = await redisDatabase();
  return { url, raw: new Redis(url) };
}

export const admissionRequest = (change: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  customerId: 'cus_1',
  mode: 'live',
  keyId: 'KEY1',
  route: 'messages',
  idempotencyKey: null,
  bodyDigest: null,
  lookupHash: 'hash1',
  phoneDigits: '254712345678',
  requestsPerSecond: 1_000_000,
  messagesPerMinutePerRecipient: 1_000_000,
  promotionFrom: null,
  ...change,
});

/** Everybody but sub_1 has been erased. */
export const oneSubject: SubjectHashes = {
  find: (ids) =>
    Promise.resolve(new Map(ids.includes('sub_1') ? [['sub_1', { customerId: 'cus_1', lookupHash: 'hash1' }]] : [])),
};
