import type { JsonObject } from '../../domain/shared/json';

export const SNAPSHOTS = Symbol('Snapshots');

/** The state of a stream as it was after `revision`. */
export interface Snapshot {
  readonly revision: bigint;
  readonly state: JsonObject;
}

/**
 * Shortens the reading of a long stream. A snapshot is a cache: without it, or with one of another schema version, the
 * stream is folded from its first event and comes to the same state. Nothing may wait for `save`.
 */
export interface Snapshots {
  /** Null where none was kept, or one of another `schema`. */
  load(stream: string, schema: number): Promise<Snapshot | null>;
  /** Keeps the newest revision of each stream: an older one than what is kept changes nothing. */
  save(stream: string, revision: bigint, schema: number, state: JsonObject): Promise<void>;
}
