import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../../application/ports/configuration';
import { type DomainError } from '../../domain/shared/domain-error';
import { addBodyParsers, refuseContentEncoding } from './bodies';
import { PROBLEM_TYPE, problemDocument, problemOf, type Problem } from './problem';
import { newRequestId, requestIdOf } from './request-id';

const BODY_LIMIT_BYTES = 256 * 1_024;
const HEADER_LIMIT_BYTES = 16 * 1_024;
const MOST_HEADERS = 100;
const LONGEST_URL = 4_096;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** How often node looks for requests that are late. */
const LATE_CHECK_MS = 2_000;

/**
 * What every answer carries: the set that helmet sends, for an origin that serves no pages, put together once because a
 * plugin that builds it for each request costs more than the rest of an answer.
 */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** The reference page runs the scripts and styles that it comes with, and nothing from elsewhere. */
const PAGE_HEADERS = {
  ...SECURITY_HEADERS,
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
} as const;

const HTTPS_ONLY = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } as const;

/** The HTTP server before any route: limits, deadlines, request ids, bodies, and answers to what is not even HTTP. */
export function createAdapter(configuration: Configuration): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: LATE_CHECK_MS,
    },
    trustProxy: configuration.trustedProxies.length > 0 ? [...configuration.trustedProxies] : false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    logger: false,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(request, reply, problemOf('invalid_parameter', 'The address cannot be read.'));
    },
    clientErrorHandler: answerClientError,
  });
  const transport = configuration.publicBaseUrl.startsWith('https:') ? HTTPS_ONLY : {};
  const headers = { ...SECURITY_HEADERS, ...transport };
  const pageHeaders = { ...PAGE_HEADERS, ...transport };
  const fastify: FastifyInstance = adapter.getInstance();
  addBodyParsers(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(request.url.startsWith('/docs') ? pageHeaders : headers);
    reply.header('x-request-id', request.id);
    done(refusedByShape(request) ?? undefined);
  });
  return adapter;
}

/** Refused before routing, keys or bodies are looked at. */
function refusedByShape(request: FastifyRequest): DomainError | ShapeRefusal | null {
  if (request.url.length > LONGEST_URL) return new ShapeRefusal(414);
  if (request.raw.rawHeaders.length / 2 > MOST_HEADERS) return new ShapeRefusal(431);
  return refuseContentEncoding(request);
}

/** Known to the framework as an HTTP error by its status. */
class ShapeRefusal extends Error {
  constructor(readonly statusCode: 414 | 431) {
    super('request too large');
    this.name = 'FastifyError';
  }
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  void reply
    .code(problem.status)
    .headers(SECURITY_HEADERS)
    .headers(problem.headers)
    .header('x-request-id', request.id)
    .header('content-type', PROBLEM_TYPE)
    .send(problemDocument(problem, request.id));
}

/** What node could not read as HTTP, or waited for too long, gets a problem too, and the connection is closed. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfClientError(error.code);
  const requestId = newRequestId();
  const body = problemDocument(problem, requestId);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.code}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function problemOfClientError(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemOf('request_timeout', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return problemOf('too_large', 'The headers are too large.', { status: 431 });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problemOf('too_large', 'The body is larger than this address takes.');
    default:
      return problemOf('malformed_json', 'The request is not HTTP that can be read.');
  }
}
