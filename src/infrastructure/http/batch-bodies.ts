import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify';
import type { ApiKeyGuard } from './api-key.guard';
import type { FieldError } from '../../domain/shared/domain-error';
import type { JsonValue } from '../../domain/shared/json';
import { BatchRoom, type Place } from './batch-room';
import { badFields, readStrictJson } from './strict-json';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a batch: its room in memory. */
    place?: Place;
    /** Of a batch: what may not stand in its items, by their places. */
    badItems?: ReadonlyMap<number, readonly FieldError[]>;
  }
}

const BATCH_ROUTE = '/v1/messages/batch';
const BODY_LIMIT_BYTES = 16 * 1_024 * 1_024;

const IN_AN_ITEM = /^messages\[(\d+)\]\.?(.*)$/s;

/**
 * A text that may not stand in one message, or a member with a forbidden name, is that message's failure and not the batch's.
 * @throws DomainError malformed_json; validation_failed for what is not in an item
 */
export function parseBatchBody(request: FastifyRequest, bytes: Buffer): JsonValue {
  const { value, fields } = readStrictJson(bytes);
  const badItems = new Map<number, FieldError[]>();
  const outside: FieldError[] = [];
  for (const error of fields) {
    const [, index, field = ''] = IN_AN_ITEM.exec(error.field) ?? [];
    if (index === undefined) outside.push(error);
    else badItems.set(Number(index), [...(badItems.get(Number(index)) ?? []), { ...error, field }]);
  }
  if (outside.length > 0) throw badFields(outside);
  request.badItems = badItems;
  return value;
}

export const isBatch = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url === BATCH_ROUTE;

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
