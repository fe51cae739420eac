import { encodeMetadata } from '../../src/infrastructure/event-store/registry/metadata-codec';
import type { RecordedEvent } from '../../src/application/ports/event-store';
import type { EventProjection } from '../../src/application/ports/projection';
import type { FeedItem } from '../../src/application/ports/subscriptions';
import type { DomainEvent } from '../../src/domain/shared/event';
import { Database } from '../../src/infrastructure/postgres/database';
import { findMigrations, migrate } from '../../src/infrastructure/postgres/migrations';
import type { DatabaseRole } from '../../src/infrastructure/postgres/roles';
import { createTestDatabase } from './services';

export interface MigratedDatabase {
  /** As the superuser, for arranging and looking. */
  readonly database: Database;
  readonly url: string;
  /** As the program acts at run time. */
  as(role: DatabaseRole): Database;
  close(): Promise<void>;
}

/** A database of a test file's own with every migration applied. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const { url, drop } = await createTestDatabase();
  const opened: Database[] = [];
  const open = (role?: DatabaseRole): Database => {
    const options = { max: 10, statementTimeoutMs: 10_000, applicationName: 'test', onError: () => undefined };
    const database = new Database(url, { ...options, role });
    opened.push(database);
    return database;
  };
  const database = open();
  await migrate(database, await findMigrations(), { info: () => undefined });
  return {
    database,
    url,
    as: open,
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await drop();
    },
  };
}

const FIRST_AT_MS = Date.parse('2026-11-22T06:00:00.000Z');

/** A log as the store hands it out: revisions a stream, positions over all, a second between events. */
export class TestLog {
  readonly all: RecordedEvent[] = [];
  private readonly revisions = new Map<string, bigint>();

  append<E extends DomainEvent>(stream: string, event: E): RecordedEvent {
    const revision = (this.revisions.get(stream) ?? -1n) + 1n;
    this.revisions.set(stream, revision);
    const n = this.all.length + 1;
    const at = new Date(FIRST_AT_MS + n * 1_000).toISOString();
    const recorded: RecordedEvent = {
      id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
      stream,
      revision,
      type: event.type,
      data: event.data,
      metadata: {
        correlationId: `correlation-${n}`,
        causationId: `causation-${n}`,
        customerId: null,
        actor: { kind: 'system', id: 'test' },
        at,
        schema: 1,
      },
      position: { commit: BigInt(n * 100), prepare: BigInt(n * 100) },
      created: at,
    };
    this.all.push(recorded);
    return recorded;
  }
}

/** An event with the bytes that a store would hold for it. */
export function feedItem(event: RecordedEvent): FeedItem {
  const { schema, ...metadata } = event.metadata;
  const data = Buffer.from(JSON.stringify(event.data));
  return { kind: 'event', event, raw: { data, metadata: Buffer.from(encodeMetadata(metadata, schema)) } };
}

/** How a projection gets its events: every way must come to the same rows. */
export type Delivery = 'in one batch' | 'one by one' | 'overlapping';
export const DELIVERIES: readonly Delivery[] = ['in one batch', 'one by one', 'overlapping'];

/** Applies events twice over as the projector, as a feed does that resumes from before what was committed. */
export async function applyTwice(
  database: Database,
  projection: EventProjection,
  events: readonly RecordedEvent[],
  delivery: Delivery,
): Promise<void> {
  const wanted = events.filter((event) => projection.handles.includes(event.type));
  const batches = {
    'in one batch': () => [wanted],
    'one by one': () => wanted.map((event) => [event]),
    // Each batch begins again at the first event and goes one further.
    overlapping: () => wanted.map((_, i) => wanted.slice(0, i + 1)),
  }[delivery]();
  for (const batch of batches) {
    if (batch.length === 0) continue;
    await applyAsProjector(database, projection, batch);
    await applyAsProjector(database, projection, batch);
  }
}

/** With the rights that a projection has at run time, and no more. */
export function applyAsProjector(
  database: Database,
  projection: EventProjection,
  batch: readonly RecordedEvent[],
): Promise<void> {
  return database.transaction((sql) => projection.apply(batch, sql), 'BEGIN; SET LOCAL ROLE waht_projector');
}
