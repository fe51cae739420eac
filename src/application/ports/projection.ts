import type { FeedItem } from './subscriptions';
import type { RecordedEvent } from './event-store';

export const PROJECTION_REGISTRY = Symbol('ProjectionRegistry');

/** A statement; with a `name` it is prepared once a connection. */
export interface ProjectionStatement {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
}

/** SQL on the read models: of a projection, in the transaction that holds a batch's rows and the checkpoint. */
export interface ProjectionSql {
  query<Row extends object>(statement: ProjectionStatement): Promise<{ readonly rows: Row[] }>;
}

interface ProjectionIdentity {
  /** Of the checkpoint, the lock, the metrics. Lower case. */
  readonly name: string;
  /** Raised when the rows change their meaning: the new version is built beside the old one, from the first event, and replaces it. */
  readonly version: number;
}

/** A table that a projection writes. Migrations make it; a rebuild copies its shape as it stands. */
export interface ProjectionTable {
  readonly name: string;
  /** Columns that somebody else sets and a rebuild loses: no part of a checksum. */
  readonly notDerived?: readonly string[];
}

/** Rows made from events that can be decoded. */
export interface EventProjection extends ProjectionIdentity {
  readonly kind: 'events';
  /** All that it writes. `apply` names them without a schema. */
  readonly tables: readonly ProjectionTable[];
  /** Event types wanted; others never reach `apply`. One more is a new version: older processes have passed it over. */
  readonly handles: readonly string[];
  /**
   * Writes the rows of a batch: in `$all` order, never empty, any number of streams. Folds the batch per row first and
   * then uses a few bulk statements (`INSERT … SELECT FROM unnest`, `jsonb_to_recordset`, `UPDATE … FROM`), never one a
   * row. Must come to the same rows when a part of the batch was applied before. Throwing rolls back; the batch comes again.
   */
  apply(events: readonly RecordedEvent[], sql: ProjectionSql): Promise<void>;
}

/** Rows made from envelopes and stored bytes: every event of the log, decodable or not. */
export interface EnvelopeProjection extends ProjectionIdentity {
  readonly kind: 'envelopes';
  apply(items: readonly FeedItem[], sql: ProjectionSql): Promise<void>;
}

export type Projection = EventProjection | EnvelopeProjection;

/** A feature adds its projections in `onModuleInit`; the engine starts them once the application has been composed. */
export interface ProjectionRegistry {
  register(projection: Projection): void;
}
