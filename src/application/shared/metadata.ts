import type { Actor, EventMetadata } from '../../domain/shared/event';
import type { Clock } from '../ports/clock';
import type { RecordedEvent } from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import type { CommandContext } from '../ports/wallets';

/** Who asked for something. `correlationId`: the request's, for everything that follows from it. */
export interface Origin {
  readonly actor: Actor;
  readonly customerId: string | null;
  readonly correlationId: string;
}

/** Of a request: a command id made for it alone, so that the loser of a race sees a conflict. */
export function requestContext(ids: IdSource, clock: Clock, origin: Origin, timeoutMs?: number): CommandContext {
  const commandId = ids.uuid();
  return { commandId, metadata: { ...origin, causationId: commandId, at: clock.iso() }, timeoutMs };
}

/**
 * Of a process manager woken by an event: the command id is derived from the event's and the command's name, so that the same
 * event handled twice does the same once.
 */
export function reactionContext(
  ids: IdSource,
  clock: Clock,
  cause: Pick<RecordedEvent, 'id' | 'metadata'>,
  actor: Actor,
  commandName: string,
  timeoutMs?: number,
): CommandContext {
  const metadata: EventMetadata = {
    correlationId: cause.metadata.correlationId,
    causationId: cause.id,
    customerId: cause.metadata.customerId,
    actor,
    at: clock.iso(),
  };
  return { commandId: ids.derived(cause.id, commandName), metadata, timeoutMs };
}
