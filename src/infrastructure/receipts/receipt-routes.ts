import type { FastifyInstance } from 'fastify';
import type { AccessLog } from '../../application/ports/access-log';
import type { ReportDoor } from '../../application/ports/delivery-reports';
import type { Logger } from '../../application/ports/logger';
import { callbackRoutes } from './callback-route';

/** Keeps a report; durable when it returns. */
export interface ReportKeeper {
  put(provider: string, raw: Buffer): Promise<void>;
}

/** Where providers report to. */
export function receiptRoutes(
  inbox: ReportKeeper,
  door: ReportDoor,
  callbackSecret: string,
  logger: Logger,
  accessLog: AccessLog,
): (scope: FastifyInstance) => Promise<void> {
  const reports = {
    leaf: 'reports',
    what: 'a delivery report',
    admit: door.admit.bind(door),
    keep: inbox.put.bind(inbox),
    isSilent: () => false,
  };
  return callbackRoutes([reports], callbackSecret, logger, accessLog);
}
