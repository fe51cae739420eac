/**
 * JSON for Postgres, which refuses NUL and lone surrogates in text: each becomes U+FFFD, so that no text that a customer
 * sends can stop a projection.
 */
export function sqlJson(value: object): string {
  const text = JSON.stringify(value);
  // JSON.stringify writes whole pairs as they are and escapes lone surrogates only.
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text;
  return text.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
    escape.length > 2 && REFUSED.test(escape) ? '\\ufffd' : escape,
  );
}

const REFUSED = /^\\u(?:0000|d[89a-f][0-9a-f]{2})$/;
