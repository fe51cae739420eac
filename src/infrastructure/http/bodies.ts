import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/shared/domain-error';
import type { JsonValue } from '../../domain/shared/json';
import { isBatch, parseBatchBody } from './batch-bodies';
import { parseStrictJson } from './strict-json';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const CURLY = 0x7b;
const SQUARE = 0x5b;

/**
 * What bodies are read as. JSON is the rule; `curl -d` without a content type says that it sends a form, so JSON text in a
 * form-typed body is JSON on /v1, where only bearer keys count and a forged form gains nothing.
 */
export function addBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    settle(done, () => {
      checkCharset(request);
      return parseBody(request, bytesOf(body));
    });
  });
  fastify.addContentTypeParser(FORM_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    settle(done, () => {
      checkCharset(request);
      return jsonInForm(request, bytesOf(body));
    });
  });
}

/** A body in a coding that we would have to unpack first is refused before it is read: that is how bombs come in. */
export function refuseContentEncoding(request: FastifyRequest): DomainError | null {
  const coding = request.headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity') return null;
  return new DomainError('unsupported_media_type', 'Content-Encoding is not accepted: send the body as it is.');
}

function jsonInForm(request: FastifyRequest, bytes: Buffer): JsonValue {
  const first = bytes.find((byte) => byte > 0x20);
  const looksLikeJson = first === CURLY || first === SQUARE;
  if (!looksLikeJson || !request.url.startsWith('/v1/')) throw wrongType();
  return parseBody(request, bytes);
}

const parseBody = (request: FastifyRequest, bytes: Buffer): JsonValue =>
  isBatch(request) ? parseBatchBody(request, bytes) : parseStrictJson(bytes);

function checkCharset(request: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return;
  throw new DomainError('unsupported_media_type', 'Content-Type names a charset other than utf-8.');
}

const wrongType = (): DomainError => new DomainError('unsupported_media_type', `Content-Type must be ${JSON_TYPE}.`);

const bytesOf = (body: string | Buffer): Buffer => (typeof body === 'string' ? Buffer.from(body, 'utf8') : body);

function settle(done: (error: Error | null, body?: JsonValue) => void, read: () => JsonValue): void {
  let body: JsonValue;
  try {
    body = read();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done(null, body);
}
