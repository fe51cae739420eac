import type { Mode } from './event';

/** Names of streams: `<kind>-<id>`. Nothing else builds one. */
export const streams = {
  message: (messageId: string): string => `message-${messageId}`,
  /** Of a batch with an Idempotency-Key: what its items have become. */
  batch: (batchId: string): string => `batch-${batchId}`,
  customer: (customerId: string): string => `customer-${customerId}`,
  /** The test wallet is a stream of its own, so that no test money can ever meet live money. */
  wallet: (customerId: string, mode: Mode): string =>
    mode === 'live' ? `wallet-${customerId}` : `wallet-${customerId}.test`,
  /** `subject`: a recipient's subject id, `prefix-254700`, or a customer's id. */
  block: (subject: string): string => `block-${subject}`,
  /** Of one recipient, mode and sender. */
  optOut: (optOutId: string): string => `optout-${optOutId}`,
  provider: (name: string): string => `provider-${name}`,
  priceList: (priceListId: string): string => `pricelist-${priceListId}`,
  /** A number that people write to: it is ours, and so no personal data. */
  inbound: (number: string): string => `inbound-${number}`,
  /** A recipient of one customer, by its random id; written to only when it is erased. */
  subject: (subjectId: string): string => `subject-${subjectId}`,
  /** What operators have said of the log itself. */
  acceptedLogs: 'log-acceptances',
} as const;

export const streamPrefixes = {
  message: 'message-',
  customer: 'customer-',
  wallet: 'wallet-',
  block: 'block-',
  optOut: 'optout-',
  provider: 'provider-',
  priceList: 'pricelist-',
  inbound: 'inbound-',
  subject: 'subject-',
} as const;

/** The customer and the mode a wallet's stream belongs to. */
export function walletOfStream(stream: string): { customerId: string; mode: Mode } {
  const rest = stream.slice(streamPrefixes.wallet.length);
  return rest.endsWith('.test') ? { customerId: rest.slice(0, -5), mode: 'test' } : { customerId: rest, mode: 'live' };
}
