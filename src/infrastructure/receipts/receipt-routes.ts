import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessLog } from '../../application/ports/access-log';
import type { Logger } from '../../application/ports/logger';
import type { SmsGateways } from '../../application/ports/sms-gateway';
import type { PostgresReceiptInbox } from './postgres-receipt-inbox';

const BODY_LIMIT_BYTES = 65_536;
const ROUTE = '/callbacks/sms/:provider/:secret/reports';

interface Params {
  provider: string;
  secret: string;
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * Where providers report to. They neither sign nor come from known addresses, so a secret stands in the path; without it
 * the answer is that of a path that does not exist. 200 only once the report is durable, as it came.
 */
export function receiptRoutes(
  inbox: PostgresReceiptInbox,
  gateways: SmsGateways,
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
      const genuine = timingSafeEqual(digest(secret), expected);
      if (!genuine || gateways.byName(provider) === null) {
        logger.warn({ genuine }, 'a delivery report came to no address of ours');
        accessLog.note({
          ...{ requestId: request.id, method: request.method, route: ROUTE, status: 404, code: 'not_found' },
          ...{ reason: genuine ? 'unknown_provider' : 'wrong_callback_secret' },
          ...{ customerId: null, keyId: null, resource: null },
        });
        return answer(reply, 404, 'Not Found');
      }
      try {
        await inbox.put(provider, request.body ?? Buffer.alloc(0));
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
