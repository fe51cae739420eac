import { createHash } from 'node:crypto';

/** Names of keys in Redis. Everything under them can be lost: it is rebuilt from the log or counted anew. */
export const keys = {
  /** Hashed, because a customer's key may hold anything, a phone number included. */
  idempotency: (customerId: string, mode: string, route: string, key: string): string =>
    `waht:idem:${customerId}:${mode}:${route}:${createHash('sha1').update(key).digest('base64url')}`,
  /** A pattern for all of a customer's; ids hold no character that means something in one. */
  anyIdempotency: (customerId: string): string => `waht:idem:${customerId}:*`,
  rate: (keyId: string): string => `waht:rate:${keyId}`,
  velocity: (customerId: string, mode: string, lookupHash: string): string =>
    `waht:velocity:${customerId}:${mode}:${lookupHash}`,
  blockedRecipient: (customerId: string, lookupHash: string): string =>
    `waht:block:recipient:${customerId}:${lookupHash}`,
  blockedCustomer: (customerId: string): string => `waht:block:customer:${customerId}`,
  /** Set of digits; `all` holds for every customer. */
  blockedPrefixes: (customerId: string | null): string => `waht:block:prefixes:${customerId ?? 'all'}`,
  /** Whose turn it is to write to a stream; lives a second. */
  turn: (stream: string): string => `waht:turn:${stream}`,
  /** Hash of `customer:network:counter`, by provider and minute since the epoch. */
  healthMinute: (provider: string, minute: number): string => `waht:health:minute:${provider}:${minute}`,
  /** Hash of `network:counter`, by provider and hour since the epoch. */
  healthHour: (provider: string, hour: number): string => `waht:health:hour:${provider}:${hour}`,
  healthHours: 'waht:health:hour:',
  /** Minute since the epoch in which something was counted last. */
  healthLast: 'waht:health:last',
  /** Present once the counts have been written: without it they are made again from the log. */
  healthWritten: 'waht:health:written',
  /** Present once the blocks have been written: without it, what is not blocked cannot be told. */
  blocksWritten: 'waht:block:written',
  /** Set of what `optOutMember` makes of senders. */
  optedOut: (customerId: string, mode: string, lookupHash: string): string =>
    `waht:optout:${customerId}:${mode}:${lookupHash}`,
  /** Present once the opt-outs have been written. */
  optOutsWritten: 'waht:optout:written',
} as const;

/** Every sender of the customer. */
export const ALL_SENDERS = '*';

/** A sender may be called anything. @param sender null: every one of the customer's. */
export const optOutMember = (sender: string | null): string => (sender === null ? ALL_SENDERS : `=${sender}`);
