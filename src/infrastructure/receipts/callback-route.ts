import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessLog } from '../../application/ports/access-log';
import type { ReportCallback } from '../../application/ports/delivery-reports';
import type { Logger } from '../../application/ports/logger';

/** A hundred reports may come in one request. */
const BODY_LIMIT_BYTES = 262_144;

interface Params {
  provider: string;
  secret: string;
}

/** What comes to one kind of address. */
export interface CallbackRoute {
  /** The last part of its path. */
  readonly leaf: string;
  /** For logs: `a delivery report`. */
  readonly what: string;
  /** Each item of the request by itself, or why there is none. */
  admit(provider: string, callback: ReportCallback): readonly Buffer[] | 'unknown_provider' | 'not_genuine';
  /** Durable when it returns. */
  keep(provider: string, raw: Buffer): Promise<void>;
  /** Whether this provider would send the text of the answer to the handset. */
  isSilent(provider: string): boolean;
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * Where providers call. Most neither sign nor come from known addresses, so a secret stands in the path; without it, or with
 * a wrong signature of one that signs, the answer is that of a path that does not exist. 200 only once all that the request
 * holds is durable.
 */
export function callbackRoutes(
  routes: readonly CallbackRoute[],
  callbackSecret: string,
  logger: Logger,
  accessLog: AccessLog,
): (scope: FastifyInstance) => Promise<void> {
  const expected = digest(callbackSecret);
  return async (scope) => {
    // Whatever the type says, it is kept as it came and read by the provider's own reader.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
      (_request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: Buffer) => void) => done(null, body),
    );
    for (const { leaf, what, admit, keep, isSilent } of routes) {
      const route = `/callbacks/sms/:provider/:secret/${leaf}`;
      scope.post<{ Params: Params; Body: Buffer | undefined }>(route, async (request, reply) => {
        const { provider, secret } = request.params;
        const knows = timingSafeEqual(digest(secret), expected);
        const raw = request.body ?? Buffer.alloc(0);
        const query = request.url.slice(request.url.split('?', 1)[0]?.length ?? 0);
        const items = knows ? admit(provider, { query, headers: request.headers, raw }) : 'wrong_callback_secret';
        if (typeof items === 'string') {
          logger.warn({ reason: items }, `${what} came to no address of ours, or not from whom it should`);
          accessLog.note({
            requestId: request.id,
            method: request.method,
            route,
            status: 404,
            code: 'not_found',
            reason: items,
            customerId: null,
            keyId: null,
            resource: null,
          });
          return answer(reply, 404, 'Not Found');
        }
        try {
          await Promise.all(items.map((item) => keep(provider, item)));
        } catch (error) {
          logger.error({ err: error, provider }, `${what} could not be kept`);
          return answer(reply.header('retry-after', '1'), 503, 'Try again');
        }
        return isSilent(provider) ? reply.status(204).send() : answer(reply, 200, 'OK');
      });
    }
  };
}

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.status(status).type('text/plain; charset=utf-8').send(text);
}
