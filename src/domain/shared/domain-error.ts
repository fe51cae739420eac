/** The stable codes that a caller may meet; the problem filter maps each to an HTTP status. */
export type ErrorCode =
  | 'malformed_json'
  | 'invalid_cursor'
  | 'invalid_parameter'
  | 'invalid_idempotency_key'
  | 'unauthenticated'
  | 'insufficient_funds'
  | 'forbidden_scope'
  | 'channel_not_allowed'
  | 'fraud_blocked'
  | 'recipient_blocked'
  | 'customer_suspended'
  | 'destination_not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'conflict'
  | 'in_progress'
  | 'gone'
  | 'too_large'
  | 'unsupported_media_type'
  | 'validation_failed'
  | 'not_yet_available'
  | 'idempotency_key_reused'
  | 'sender_id_not_registered'
  | 'recipient_opted_out'
  | 'rate_limited'
  | 'unavailable';

export interface FieldError {
  /** Path of the member, `to` or `messages[3].body`. */
  readonly field: string;
  readonly message: string;
}

/** A refusal with a stable code. `detail` is shown to the caller and holds no secret and no personal data. */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly fields: readonly FieldError[] = [],
    /** Seconds after which trying again makes sense; only for rate_limited, unavailable and in_progress. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(`${code}: ${detail}`);
    this.name = 'DomainError';
  }
}
