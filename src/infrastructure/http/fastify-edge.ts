import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../../application/ports/configuration';
import { DomainError } from '../../domain/shared/domain-error';
import { addBodyParsers, refuseContentEncoding } from './bodies';
import { leanAsyncBind } from './lean-async-bind';
import { PROBLEM_TYPE, problemDocument, problemOf, type Problem } from './problem';
import { requestIdOf } from './request-id';
import { answerUnreadable, refuseTunnels } from './unreadable-requests';

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
  leanAsyncBind();
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: LATE_CHECK_MS,
      // Node's own refusal has no body and no request id, so a missing Host is looked at below.
      requireHostHeader: false,
    },
    trustProxy: configuration.trustedProxies.length > 0 ? [...configuration.trustedProxies] : false,
    // Longer parts of an address are no ids either, and get the same answer.
    routerOptions: { maxParamLength: LONGEST_URL },
    requestIdHeader: false,
    genReqId: requestIdOf,
    logger: false,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(request, reply, problemOf('invalid_parameter', 'The address cannot be read.'));
    },
    clientErrorHandler: answerUnreadable,
  });
  const transport = configuration.publicBaseUrl.startsWith('https:') ? HTTPS_ONLY : {};
  const headers = { ...SECURITY_HEADERS, ...transport };
  const pageHeaders = { ...PAGE_HEADERS, ...transport };
  const fastify: FastifyInstance = adapter.getInstance();
  addBodyParsers(fastify);
  refuseTunnels(fastify.server);
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
  if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
    return new DomainError('malformed_json', 'The request has no Host header.');
  }
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
