import type { Actor } from '../../domain/shared/event';
import type { Clock } from '../ports/clock';
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
