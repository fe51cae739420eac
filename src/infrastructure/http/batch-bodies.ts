import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify';
import type { ApiKeyGuard } from './api-key.guard';
import { BatchRoom, type Place } from './batch-room';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a batch: its room in memory. */
    place?: Place;
  }
}

const BATCH_ROUTE = '/v1/messages/batch';
const BODY_LIMIT_BYTES = 16 * 1_024 * 1_024;

/** Bodies of up to 16 MiB on the one route: of callers with a good key only, and of so many at a time. */
export function takeBatchBodies(fastify: FastifyInstance, guard: ApiKeyGuard): void {
  const room = new BatchRoom();
  const admit: preParsingHookHandler = (request, reply, payload, done) => {
    try {
      const { customer } = guard.check(request, ['messages']);
      takePlace(room, customer.customerId, request, reply);
    } catch (error) {
      // The rest of the body is not waited for.
      reply.header('connection', 'close');
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done(null, payload);
  };
  fastify.addHook('onRoute', (route) => {
    if (route.url !== BATCH_ROUTE || route.method !== 'POST') return;
    route.bodyLimit = BODY_LIMIT_BYTES;
    route.preParsing = admit;
  });
}

function takePlace(room: BatchRoom, customerId: string, request: FastifyRequest, reply: FastifyReply): void {
  const announced = Number(request.headers['content-length'] ?? BODY_LIMIT_BYTES);
  // One that announces more is refused by its length, without having been read.
  const place = room.take(customerId, Math.min(announced, BODY_LIMIT_BYTES));
  request.place = place;
  reply.raw.once('close', () => place.closed());
}
