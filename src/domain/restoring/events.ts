/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent } from '../shared/event';

/** The log had lost something, and is the truth from here on as it is. What was lost is kept beside, under the same id. */
export type LogAccepted = DomainEvent<
  'LogAccepted',
  { acceptanceId: string; note: string; found: string; lostEvents: number }
>;
export type RestoringEvent = LogAccepted;
