import type { Sealed } from '../../domain/shared/sealed';

export const SUBJECT_VAULT = Symbol('SubjectVault');

/** A recipient within one customer: a random id, and the key that seals what is personal. */
export interface Subject {
  readonly subjectId: string;
  /** Keyed hash of the phone number (hex): for look-ups in Postgres and Redis, never in an event or a stream name. */
  readonly lookupHash: string;
}

/** What is read back when the subject's key has been destroyed. */
export const ERASED = '[erased]';

export interface SubjectVault {
  /** Synchronous and cheap: HMAC of the number under the look-up key; the same for every customer. */
  lookupHash(phone: string): string;
  /**
   * The subject of this number at this customer, made durable in Postgres before it returns where it is new (concurrent
   * calls share one multi-row insert); from the process's cache otherwise. `lookupHash`: of that number, where it is known.
   */
  subjectFor(customerId: string, phone: string, lookupHash?: string): Promise<Subject>;
  /** The subject's id where one is known to this process or the database; never makes one. */
  findSubject(customerId: string, phone: string): Promise<Subject | null>;
  /** All subjects with this number, over all customers: for a provider's report that names only a number. */
  subjectsOfPhone(phone: string): Promise<{ customerId: string; subjectId: string }[]>;
  /** Seals under the subject's key. The subject must have come from `subjectFor` or `load` in this process. */
  seal(subjectId: string, plaintext: string): Sealed;
  /** Opens, reading keys not in the cache in one query. A destroyed key gives ERASED and nothing throws. Same order as given. */
  open(fields: readonly Sealed[]): Promise<string[]>;
}
