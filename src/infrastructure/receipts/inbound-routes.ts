import type { FastifyInstance } from 'fastify';
import type { AccessLog } from '../../application/ports/access-log';
import type { InboundDoor, InboundKind } from '../../application/ports/inbound-texts';
import type { Logger } from '../../application/ports/logger';
import { callbackRoutes, type CallbackRoute } from './callback-route';

/** Keeps a text, or word of an opt-out; durable when it returns. */
export interface TextKeeper {
  put(provider: string, kind: InboundKind, raw: Buffer): Promise<void>;
}

/** Where providers bring what people write, and tell who wants no more. */
export function inboundRoutes(
  inbox: TextKeeper,
  door: InboundDoor,
  callbackSecret: string,
  logger: Logger,
  accessLog: AccessLog,
): (scope: FastifyInstance) => Promise<void> {
  const route = (kind: InboundKind, leaf: string, what: string): CallbackRoute => ({
    leaf,
    what,
    admit: (provider, callback) => door.admitInbound(provider, kind, callback),
    keep: (provider, raw) => inbox.put(provider, kind, raw),
    isSilent: (provider) => door.answersAreTexts(provider),
  });
  const routes = [route('text', 'inbound', 'a text'), route('opt_out', 'opt-outs', 'word of an opt-out')];
  return callbackRoutes(routes, callbackSecret, logger, accessLog);
}
