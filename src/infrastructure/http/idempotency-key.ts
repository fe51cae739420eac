import { DomainError } from '../../domain/shared/domain-error';

/** Visible ASCII; a header sent twice arrives joined by a comma and a space, which is not. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** @throws DomainError invalid_idempotency_key */
export function idempotencyKey(text: string | string[]): string {
  if (typeof text === 'string' && IDEMPOTENCY_KEY.test(text)) return text;
  throw new DomainError('invalid_idempotency_key', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
}
