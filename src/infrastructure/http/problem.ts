import { HttpException } from '@nestjs/common';
import { StoreUnavailable, StreamDeleted, WrongExpectedRevision } from '../../application/ports/event-store';
import { RateLimited } from '../../application/message/rate-limited';
import { DomainError, type ErrorCode, type FieldError } from '../../domain/shared/domain-error';
import { isOutage } from './outage';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Codes of answers, the caller's errors and our own. */
export type ProblemCode = ErrorCode | 'internal_error';

/** An answer that is no success: what the problem document says, and the headers that go with it. */
export interface Problem {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
}

const KINDS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  malformed_json: [400, 'Malformed request'],
  invalid_cursor: [400, 'Invalid cursor'],
  invalid_parameter: [400, 'Invalid parameter'],
  invalid_idempotency_key: [400, 'Invalid Idempotency-Key'],
  unauthenticated: [401, 'Not authenticated'],
  insufficient_funds: [402, 'Insufficient funds'],
  forbidden_scope: [403, 'Key lacks the scope'],
  channel_not_allowed: [403, 'Channel not allowed'],
  fraud_blocked: [403, 'Refused by fraud checks'],
  recipient_blocked: [403, 'Recipient blocked'],
  customer_suspended: [403, 'Account suspended'],
  destination_not_allowed: [403, 'Destination not allowed'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  request_timeout: [408, 'Request timed out'],
  conflict: [409, 'Conflict'],
  in_progress: [409, 'Still in progress'],
  gone: [410, 'Gone'],
  too_large: [413, 'Too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  validation_failed: [422, 'Validation failed'],
  not_yet_available: [422, 'Not yet available'],
  idempotency_key_reused: [422, 'Idempotency-Key reused'],
  sender_id_not_registered: [422, 'Sender ID not registered'],
  recipient_opted_out: [422, 'Recipient opted out'],
  rate_limited: [429, 'Too many requests'],
  unavailable: [503, 'Temporarily unavailable'],
  internal_error: [500, 'Internal error'],
};

/** The HTTP status that a refusal with this code has. */
export const statusOf = (code: ProblemCode): number => KINDS[code][0];

const UNAVAILABLE_RETRY_SECONDS = 2;
/** A body may hold thousands of bad members; naming them all would make the answer larger than the question. */
const MOST_FIELD_ERRORS = 50;
const UNAVAILABLE = 'The service is not available right now; try again.';

/** One problem document, RFC 9457. `type` names the kind for good; `code` is the same in short. */
export function problemDocument({ status, code, detail, errors }: Problem, requestId: string): string {
  return JSON.stringify({
    type: `urn:waht:problem:${code}`,
    title: KINDS[code][1],
    status,
    detail,
    code,
    request_id: requestId,
    ...(errors.length > 0 ? { errors: errors.slice(0, MOST_FIELD_ERRORS) } : {}),
  });
}

/** A problem of this code; `status` differs from the code's own where several share one (413, 414 and 431). */
export function problemOf(
  code: ProblemCode,
  detail: string,
  more: { status?: number; errors?: readonly FieldError[]; headers?: Record<string, string> } = {},
): Problem {
  return {
    status: more.status ?? KINDS[code][0],
    code,
    detail,
    errors: more.errors ?? [],
    headers: more.headers ?? {},
  };
}

/** What any error means to the caller. Whatever nobody has thought of is 500 and says nothing of its cause. */
export function problemFor(error: unknown): Problem {
  if (error instanceof DomainError) return fromDomainError(error);
  if (error instanceof StoreUnavailable || isOutage(error)) return unavailable(UNAVAILABLE, UNAVAILABLE_RETRY_SECONDS);
  if (error instanceof WrongExpectedRevision) return problemOf('conflict', 'Someone else changed this first.');
  if (error instanceof StreamDeleted) return problemOf('gone', 'This no longer exists.');
  if (error instanceof HttpException) return fromFramework(error.getStatus());
  return problemOf('internal_error', 'Something went wrong on our side.');
}

function fromDomainError(error: DomainError): Problem {
  const { code, detail, fields, retryAfterSeconds } = error;
  if (code === 'unavailable') return unavailable(detail, retryAfterSeconds ?? UNAVAILABLE_RETRY_SECONDS);
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== null) headers['retry-after'] = String(retryAfterSeconds);
  if (error instanceof RateLimited) {
    headers['ratelimit-limit'] = String(error.limit);
    headers['ratelimit-remaining'] = '0';
    headers['ratelimit-reset'] = String(retryAfterSeconds ?? 1);
  }
  if (code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  return problemOf(code, detail, { errors: fields, headers });
}

const unavailable = (detail: string, retryAfterSeconds: number): Problem =>
  problemOf('unavailable', detail, { headers: { 'retry-after': String(retryAfterSeconds) } });

/** Refusals of the framework itself carry a status and a text of its own, which is not ours to show. */
function fromFramework(status: number): Problem {
  switch (status) {
    case 404:
      return problemOf('not_found', 'There is nothing at this address.');
    case 408:
      return problemOf('request_timeout', 'The request did not arrive in time.');
    case 413:
      return problemOf('too_large', 'The body is larger than this address takes.');
    case 414:
    case 431:
      return problemOf('too_large', 'The request line or its headers are too large.', { status });
    case 415:
      return problemOf('unsupported_media_type', 'Content-Type must be application/json.');
    case 503:
      return unavailable(UNAVAILABLE, UNAVAILABLE_RETRY_SECONDS);
    default:
      if (status >= 400 && status < 500) return problemOf('malformed_json', 'The request cannot be read.');
      return problemOf('internal_error', 'Something went wrong on our side.');
  }
}
