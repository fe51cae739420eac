import { hash } from 'node:crypto';
import type { FeedItem } from '../../application/ports/subscriptions';

/** What a row of the audit log says. Hashes: SHA-256, hex. 64-bit numbers: decimal strings. Times: ISO with milliseconds. */
export interface AuditFacts {
  readonly event_id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly data_sha256: string;
  readonly metadata_sha256: string;
  /** By the store's own clock. */
  readonly recorded_at: string;
  readonly at: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly correlation_id: string | null;
  readonly customer_id: string | null;
}

/** The hash before the first row. */
export const GENESIS = '0'.repeat(64);

/**
 * Only envelope and stored bytes are read, never what a codec made of them: an event that this version of the program
 * cannot decode gets the same row as from one that can, and a rebuild comes out the same.
 */
export function auditFacts({ event, raw }: FeedItem): AuditFacts {
  const metadata = members(raw.metadata);
  const actor = asMembers(metadata['actor']);
  return {
    event_id: event.id.toLowerCase(),
    stream: clean(event.stream),
    revision: event.revision.toString(),
    type: clean(event.type),
    data_sha256: hash('sha256', raw.data, 'hex'),
    metadata_sha256: hash('sha256', raw.metadata, 'hex'),
    recorded_at: event.created,
    at: time(metadata['at']),
    actor_kind: text(actor['kind']),
    actor_id: text(actor['id']),
    correlation_id: text(metadata['$correlationId']),
    customer_id: text(metadata['customerId']),
  };
}

/** Hash of a row: SHA-256 of its canonical JSON (members by name, no spaces) with its place and the hash before. */
export function chainHash(facts: AuditFacts, seq: bigint, previous: string): string {
  // Written in the order of the names, which is the order in which JSON.stringify writes them.
  const canonical = JSON.stringify({
    actor_id: facts.actor_id,
    actor_kind: facts.actor_kind,
    at: facts.at,
    correlation_id: facts.correlation_id,
    customer_id: facts.customer_id,
    data_sha256: facts.data_sha256,
    event_id: facts.event_id,
    metadata_sha256: facts.metadata_sha256,
    previous,
    recorded_at: facts.recorded_at,
    revision: facts.revision,
    seq: seq.toString(),
    stream: facts.stream,
    type: facts.type,
  });
  return hash('sha256', canonical, 'hex');
}

type Members = { readonly [name: string]: unknown };
const NONE: Members = {};

const asMembers = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : NONE;

/** Metadata that is no JSON says nothing; its hash stands in the row all the same. */
function members(bytes: Uint8Array): Members {
  try {
    return asMembers(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return NONE;
    throw error;
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? clean(value) : null);

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Null where it would not come back from Postgres as the same text. */
function time(value: unknown): string | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) || new Date(ms).toISOString() !== value ? null : value;
}

const REFUSED_BY_POSTGRES = /[\0\ud800-\udfff]/;

/** NUL and lone surrogates become U+FFFD, before the row is hashed. */
function clean(value: string): string {
  if (!REFUSED_BY_POSTGRES.test(value)) return value;
  return Buffer.from(value, 'utf8').toString('utf8').replaceAll('\0', '\ufffd');
}
