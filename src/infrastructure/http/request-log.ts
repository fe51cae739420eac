import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../application/ports/logger';
import type { Metrics } from '../../application/ports/metrics';

/** For addresses that no route knows: one label for all of them, since callers choose them. */
const NO_ROUTE = 'none';

/** Asked again and again while a process starts; what is missing then is no failure of a request. */
const PROBE = '/health/ready';

/**
 * Measures every request and logs a share of those that succeed, and all that fail: a line for each would cost a quarter
 * of the throughput. Routes stand by their pattern, because an address may hold a phone number.
 */
export function logRequests(
  fastify: FastifyInstance,
  { logger, metrics, sample }: { logger: Logger; metrics: Metrics; sample: number },
): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE);
    const ms = reply.elapsedTime;
    metrics.requestObserved(route, reply.statusCode, ms);
    const failed = reply.statusCode >= 400 && route !== PROBE;
    if (failed || Math.random() < sample) {
      const { caller } = request;
      logger.info(
        {
          requestId: request.id,
          method: request.method,
          route,
          status: reply.statusCode,
          ms: Math.round(ms * 10) / 10,
          ...(caller === undefined ? {} : { customerId: caller.customer.customerId, keyId: caller.keyId }),
        },
        'request',
      );
    }
    done();
  });
}
