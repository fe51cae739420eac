/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent } from '../shared/event';

/** The subject's key is destroyed from here on. The random id is all that is left of the person. */
export type SubjectErased = DomainEvent<'SubjectErased', { subjectId: string; customerId: string; note: string }>;
export type PrivacyEvent = SubjectErased;
