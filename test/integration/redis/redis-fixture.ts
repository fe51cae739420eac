import { Redis } from 'ioredis';
import type { AdmissionRequest } from '../../../src/application/ports/admission';
import type { Logger } from '../../../src/application/ports/logger';

export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

/** A database of the test Redis of one's own, emptied. */
export async function emptyRedis(database: number): Promise<{ url: string; raw: Redis }> {
  const base = process.env.TEST_REDIS_URL;
  if (base === undefined) throw new Error('TEST_REDIS_URL is not set: the global set-up starts Redis');
  const url = new URL(base);
  url.pathname = `/${database}`;
  const raw = new Redis(url.toString());
  await raw.flushdb();
  return { url: url.toString(), raw };
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
  ...change,
});
