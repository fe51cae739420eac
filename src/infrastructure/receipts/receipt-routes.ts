import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessLog } from '../../application/ports/access-log';
import type { Logger } from '../../application/ports/logger';
import type { ReportDoor } from '../../application/ports/delivery-reports';

/** A hundred reports may come in one request. */
const BODY_LIMIT_BYTES = 262_144;
const ROUTE = '/callbacks/sms/:provider/:secret/reports';

/** Keeps a report; durable when it returns. */
export interface ReportKeeper {
  put(provider: string, raw: Buffer): Promise<void>;
}

interface Params {
  provider: string;
  secret: string;
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * Where providers report to. Most neither sign nor come from known addresses, so a secret stands in the path; without it,
 * or with a wrong signature of one that signs, the answer is that of a path that does not exist. 200 only once every report
 * of the request is durable.
 */
export function receiptRoutes(
  inbox: ReportKeeper,
  door: ReportDoor,
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
    scope.post<{ Params: Params; Body: Buffer | undefined }>(ROUTE, async (request, reply) => {
      const { provider, secret } = request.params;
      const knows = timingSafeEqual(digest(secret), expected);
      const raw = request.body ?? Buffer.alloc(0);
      const query = request.url.slice(request.url.split('?', 1)[0]?.length ?? 0);
      const callback = { query, headers: request.headers, raw };
      const reports = knows ? door.admit(provider, callback) : 'wrong_callback_secret';
      if (typeof reports === 'string') {
        logger.warn({ reason: reports }, 'a delivery report came to no address of ours, or not from whom it should');
        accessLog.note({
          ...{ requestId: request.id, method: request.method, route: ROUTE, status: 404, code: 'not_found' },
          ...{ reason: reports, customerId: null, keyId: null, resource: null },
        });
        return answer(reply, 404, 'Not Found');
      }
      try {
        await Promise.all(reports.map((report) => inbox.put(provider, report)));
      } catch (error) {
        logger.error({ err: error, provider }, 'a delivery report could not be kept');
        return answer(reply.header('retry-after', '1'), 503, 'Try again');
      }
      return answer(reply, 200, 'OK');
    });
  };
}

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.status(status).type('text/plain; charset=utf-8').send(text);
}
