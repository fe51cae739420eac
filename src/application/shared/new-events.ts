import type { DomainEvent } from '../../domain/shared/event';
import type { NewEvent } from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import type { CommandContext } from '../ports/wallets';

/** Events of one command as they are appended: ids derived from the command's id and the place, metadata of the command. */
export const newEvents = <Event extends DomainEvent>(
  ids: IdSource,
  { commandId, metadata }: CommandContext,
  events: readonly Event[],
): NewEvent<Event>[] => events.map((event, index) => ({ id: ids.derived(commandId, String(index)), event, metadata }));
