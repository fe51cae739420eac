import type { IdPrefix } from '../../domain/shared/ids';

export const ID_SOURCE = Symbol('IdSource');
export interface IdSource {
  /** A ULID behind a prefix: sorts by time of making. */
  next(prefix: IdPrefix): string;
  /** A random UUID (v4). */
  uuid(): string;
  /** UUIDv5 of `name` under a command's or an event's id: event ids that are the same at every retry. */
  derived(parentUuid: string, name: string): string;
  /** `msg_` and the first 128 bits of SHA-256(customer, mode, route, key) in Crockford's alphabet. */
  messageIdForKey(customerId: string, mode: string, route: string, idempotencyKey: string): string;
  /** `bat_` and the same of a batch's Idempotency-Key. */
  batchIdForKey(customerId: string, mode: string, idempotencyKey: string): string;
  /** `opt_` and the first 128 bits of SHA-256(subject, mode, sender): a subject's id is random, so that it tells nobody the number. */
  optOutId(subjectId: string, mode: string, sender: string | null): string;
}
