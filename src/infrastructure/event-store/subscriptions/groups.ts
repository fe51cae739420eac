import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb';
import { status } from '@grpc/grpc-js';
import { StoreUnavailable } from '../../../application/ports/event-store';
import type { ConnectionSource } from '../connection/connection-source';
import { grpcFailure, isConnectionLost } from '../reads/grpc-failure';
import { createGroupRequest } from '../wire/persistent-request';
import { BackOff } from './back-off';

const CALL_DEADLINE_MS = 5_000;
const PATIENCE_MS = 30_000;

/** Creates the group where it is missing, from the start of the log. @throws StoreUnavailable after half a minute. */
export async function ensureGroup(
  connections: ConnectionSource,
  group: string,
  streamPrefixes: readonly string[],
): Promise<void> {
  if (streamPrefixes.length === 0) throw new RangeError(`group ${group} needs the beginnings of its streams' names`);
  const request = createGroupRequest(group, streamPrefixes);
  const endsAtMs = performance.now() + PATIENCE_MS;
  const backOff = new BackOff(100, 1_000);
  for (;;) {
    const connection = connections.current;
    try {
      await connection.unary(PersistentSubscriptionsService.create, request, CALL_DEADLINE_MS);
      return;
    } catch (error) {
      const failure = grpcFailure(error);
      if (failure.code === status.ALREADY_EXISTS || failure.exception === 'persistent-subscription-exists') return;
      if (!isConnectionLost(failure) || performance.now() > endsAtMs) {
        throw new StoreUnavailable('none', `group ${group} could not be made: ${failure.detail}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, backOff.nextMs()));
      connections.replace(connection, failure.detail);
    }
  }
}
