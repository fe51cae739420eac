import type { Mode } from '../../domain/shared/event';

export const ADMISSION = Symbol('Admission');

export interface AdmissionRequest {
  readonly customerId: string;
  readonly mode: Mode;
  readonly keyId: string;
  /** `messages`: the scope of Idempotency-Key, with customer and mode. */
  readonly route: string;
  readonly idempotencyKey: string | null;
  /** Keyed digest (hex) of the canonical body; null without a key. */
  readonly bodyDigest: string | null;
  readonly lookupHash: string;
  /** E.164 digits without `+`: prefix blocks. Empty: a batch as a whole, of which no recipient is looked at. */
  readonly phoneDigits: string;
  /** Null: an item of a batch, which was counted as one request. */
  readonly requestsPerSecond: number | null;
  readonly messagesPerMinutePerRecipient: number;
  /** The sender of a promotional message; null of any other, which no opt-out stops. */
  readonly promotionFrom: string | null;
}

export interface Signals {
  /** A block holds for the recipient, a prefix of the number, or the customer; which. */
  readonly block: 'none' | 'recipient' | 'prefix' | 'customer';
  /** This customer's messages to this recipient in the last 60 s, this one included. */
  readonly recipientPerMinute: number;
  /** The recipient wants no promotion from the sender that was named. */
  readonly optedOut: boolean;
}

export type Admission =
  /** Go on. With an idempotency key this process now holds the claim on it and must `remember` or `forget`. */
  | { readonly kind: 'admitted'; readonly signals: Signals }
  /** The key is known: `sameBody` false means reuse with another body. */
  | { readonly kind: 'replay'; readonly sameBody: boolean; readonly response: string }
  /** The first request with this key still runs. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number; readonly limit: number };

/** One Redis round trip for everything that is counted. Redis down or slower than 250 ms: DomainError `unavailable`. */
export interface AdmissionControl {
  admit(request: AdmissionRequest): Promise<Admission>;
  /** What would be known of a message, without counting it or looking at idempotency. */
  peek(request: AdmissionRequest): Promise<Signals>;
  /** Keeps the 202 (JSON) for at most 24 h. Best effort: the store is the judge. */
  remember(request: AdmissionRequest, response: string): Promise<void>;
  /** Holds the claim for longer, while its request still runs. Best effort. */
  keep(request: AdmissionRequest): Promise<void>;
  /** Leaves the key free again after a refusal. Best effort. */
  forget(request: AdmissionRequest): Promise<void>;
}
