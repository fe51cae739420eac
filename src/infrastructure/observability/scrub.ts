const API_KEY = /\bwk_(live|billing|test)_[0-9A-Za-z]+/g;
const BEARER = /\b(bearer)\s+[^\s"',]+/gi;
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;
/** E.164, or a Kenyan number as people write it. */
const PHONE = /(?:\+\d{3}|\b(?:254|0(?=[17])))(?:[\s()-]*\d){6,12}(?!\d)/g;

/** Text that may go to a log: keys, credentials in URLs and phone numbers are masked. */
export function scrub(text: string): string {
  return text
    .replace(API_KEY, 'wk_$1_[redacted]')
    .replace(BEARER, '$1 [redacted]')
    .replace(URL_CREDENTIALS, '$1[redacted]@')
    .replace(PHONE, '[phone]');
}

/** What a log keeps of an error: name, code, scrubbed message and stack, and its cause. */
export function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: scrub(String(error)) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) };
  return { name: error.name, ...code, message: scrub(error.message), stack: scrub(error.stack ?? ''), ...cause };
}
