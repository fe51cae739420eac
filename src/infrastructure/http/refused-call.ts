import type { FastifyRequest } from 'fastify';
import type { RefusedCall } from '../../application/ports/access-log';
import { NotYours } from '../../application/shared/not-yours';
import { KeyRefused, ScopeRefused } from './api-key.guard';
import type { Problem } from './problem';

/**
 * What the log of refused calls keeps of a call: who was refused (401, 403), or asked for what is somebody else's (404). Null:
 * nothing; other refusals say something about the request or about us, not about who may do what.
 */
export function refusedCall(error: unknown, { status, code }: Problem, request: FastifyRequest): RefusedCall | null {
  if (status !== 401 && status !== 403 && !(error instanceof NotYours)) return null;
  const { caller } = request;
  const named = error instanceof KeyRefused || error instanceof ScopeRefused ? error.key : null;
  return {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status,
    code,
    reason: error instanceof KeyRefused || error instanceof NotYours ? error.reason : code,
    customerId: caller?.customer.customerId ?? named?.customer.customerId ?? null,
    keyId: caller?.keyId ?? named?.keyId ?? null,
    resource: error instanceof NotYours ? error.resource : null,
  };
}
