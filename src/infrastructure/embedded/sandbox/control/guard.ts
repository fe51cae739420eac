import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem';

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Keeps other web sites out of the control API, which has no key. A name that an attacker points at 127.0.0.1 has another
 * Host; a form or script of another site has another Origin. There is no CORS allowance, so nothing is readable either.
 * @throws Problem 403.
 */
export function refuseForeignSites(headers: IncomingHttpHeaders): void {
  const { host, origin } = headers;
  if (host === undefined || !LOOPBACK.test(host))
    throw new Problem(403, 'forbidden_host', 'Only the addresses localhost, 127.0.0.1 and [::1] are served');
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new Problem(403, 'forbidden_origin', 'Other web sites may not use the sandbox');
}
