import type { IncomingMessage } from 'node:http';
import { isRecord } from '../json';
import { sequenceOf } from '../store/inbox-store';
import { Problem, validationFailed, type FieldError } from './problem';

const BODY_LIMIT_BYTES = 65_536;
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;
const E164 = /^\+[1-9]\d{6,14}$/;

export interface InboxQuery {
  to?: string;
  /** The number of the row to go on after; 0 for the beginning. */
  after: number;
  limit: number;
}

export interface HandsetText {
  to: string;
  body: string;
}

/**
 * The JSON body, whatever its content type says, so that `curl -d` works as it is.
 * @throws Problem 413 `too_large`, 400 `malformed_json`.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (size > BODY_LIMIT_BYTES) throw new Problem(413, 'too_large', 'The body is larger than 64 KiB');
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return parsed;
  } catch {
    throw new Problem(400, 'malformed_json', 'The body is not JSON');
  }
}

/**
 * A phone number as people write it in Kenya, as E.164; a leading space is a `+` that was not escaped in a query.
 * Null when it is none.
 */
export function toE164(text: string): string | null {
  const digits = text.replace(/^ /, '+').replace(/[\s()-]/g, '');
  const number = digits.replace(/^0(?=[17]\d{8}$)/, '+254').replace(/^254(?=\d{9}$)/, '+254');
  return E164.test(number) ? number : null;
}

/** @throws Problem 400 `invalid_parameter` or `invalid_cursor`, with the parameter named. */
export function readInboxQuery(query: URLSearchParams): InboxQuery {
  for (const name of query.keys()) {
    if (!['to', 'after', 'limit'].includes(name)) throw badParameter('invalid_parameter', name, 'is not known');
  }
  const limitText = query.get('limit');
  const limit = limitText === null ? DEFAULT_LIMIT : Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw badParameter('invalid_parameter', 'limit', `must be an integer from 1 to ${MAX_LIMIT}`);
  const cursor = query.get('after');
  const after = cursor === null ? 0 : sequenceOf(cursor);
  if (after === null) throw badParameter('invalid_cursor', 'after', 'must be the id of a row of the inbox');
  const toText = query.get('to');
  if (toText === null) return { after, limit };
  const to = toE164(toText);
  if (to === null) throw badParameter('invalid_parameter', 'to', 'must be a phone number');
  return { to, after, limit };
}

/** @throws Problem 422 with every bad field named. */
export function readHandsetText(body: unknown): HandsetText {
  if (!isRecord(body)) throw validationFailed([{ field: '', message: 'the body must be a JSON object' }]);
  const errors: FieldError[] = [];
  for (const field of Object.keys(body)) {
    if (field !== 'to' && field !== 'body') errors.push({ field, message: 'is not a known field' });
  }
  const { to, body: text } = body;
  if (typeof to !== 'string' || !/^\+?[A-Za-z0-9][A-Za-z0-9 ._-]{0,19}$/.test(to))
    errors.push({ field: 'to', message: 'must be a sender or short code of 1 to 20 characters' });
  if (typeof text !== 'string' || text === '' || text.length > 1_600)
    errors.push({ field: 'body', message: 'must be a text of 1 to 1600 characters' });
  if (errors.length > 0 || typeof to !== 'string' || typeof text !== 'string') throw validationFailed(errors);
  return { to, body: text };
}

function badParameter(code: string, field: string, message: string): Problem {
  return new Problem(400, code, `The parameter ${field} ${message}`, [{ field, message }]);
}
