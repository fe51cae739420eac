import type { JsonObject } from '../../domain/shared/json';

export const SNAPSHOTS = Symbol('Snapshots');

/** The state of a stream as it was after the event `eventId` at `revision`. */
export interface Snapshot {
  readonly revision: bigint;
  /** Whoever uses the snapshot looks whether this event is still there: a store may have been put back to an earlier state. */
  readonly eventId: string;
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
  save(stream: string, schema: number, snapshot: Snapshot): Promise<void>;
  /** Throws away the one that was made after this event, if it is still kept: the stream does not bear it out. */
  discard(stream: string, eventId: string): Promise<void>;
  /** The streams whose name begins so and whose snapshots are newest, newest first. */
  newest(streamPrefix: string, limit: number): Promise<string[]>;
}
