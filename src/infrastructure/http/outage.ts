/** Of a socket: nobody there, or gone in the middle. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/**
 * SQLSTATE classes and codes of a database that cannot serve now: connection lost (08), out of resources or disk (53),
 * stopped by its operator (57), serialization or deadlock that outlasted its retries (40), read-only after a failover.
 */
const SQL_STATES = /^(?:08|53|57|40|58)[0-9A-Z]{3}$|^25006$/;
/** What the pool and the driver say without a code. */
const POOL_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout/;

/** Whether an error means that a server we need is away, rather than a mistake of ours. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some((inner: unknown) => isOutage(inner));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return NETWORK_CODES.has(code) || SQL_STATES.test(code) || POOL_MESSAGES.test(error.message);
}
