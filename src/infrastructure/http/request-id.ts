import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** One that a caller may choose: long enough to find, harmless in a log. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The caller's `X-Request-Id` where it is a sane one, else one of ours. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : newRequestId();
}

/** Unique by the process's random part and a count: random bytes for each request would be work for nothing. */
const processPart = randomBytes(8).toString('hex');
let made = 0;

export function newRequestId(): string {
  made += 1;
  return `req_${processPart}${made.toString(16).padStart(8, '0')}`;
}
