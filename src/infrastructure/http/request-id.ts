import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** One that a caller may choose: long enough to find, harmless in a log. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The caller's `X-Request-Id` where it is a sane one, else one of ours. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : newRequestId();
}

export const newRequestId = (): string => `req_${randomBytes(12).toString('hex')}`;
