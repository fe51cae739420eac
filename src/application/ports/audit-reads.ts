import type { Page } from './message-reads';

export const AUDIT_READS = Symbol('AuditReads');

/** A row of the audit log as its customer may see it. Times: RFC 3339 UTC. Hashes: SHA-256, hex. */
export interface AuditEntry {
  event_id: string;
  /** By the event store's clock. */
  recorded_at: string;
  /** When the command was accepted; null where the event does not say. */
  at: string | null;
  /** Event type. */
  action: string;
  resource: { kind: string; id: string };
  /** Of the event on its resource, from 0. */
  revision: number;
  /** `id` only for a key of the customer's own: who of our people or providers it was is ours to know. */
  actor: { kind: string; id: string | null } | null;
  /** The X-Request-Id of the request that led to it. */
  correlation_id: string | null;
  data_sha256: string;
  metadata_sha256: string;
  hash: string;
}

/** What is left out narrows nothing. Times: ISO, by the store's clock. */
export interface AuditQuestion {
  readonly resource?: string;
  readonly action?: string;
  readonly actorKind?: string;
  /** Inclusive. */
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
  /** Inclusive. */
  readonly asOf?: string;
}

/** The audit log of one customer. */
export interface AuditReads {
  /** Newest first. A resource that is none of this customer's has no rows. @throws DomainError invalid_cursor, invalid_parameter */
  list(customerId: string, question: AuditQuestion, limit: number, after: string | null): Promise<Page<AuditEntry>>;
}
