import { hash } from 'node:crypto';
import type { Client } from 'pg';
import type { Findings } from './findings';
import type { LogEvent } from './log';

interface AuditRow {
  readonly seq: string;
  readonly event_id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  readonly recorded_at: Date;
  readonly at: Date | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly correlation_id: string | null;
  readonly customer_id: string | null;
  readonly hash: string;
}

const PAGE = 20_000;
const GENESIS = '0'.repeat(64);

/**
 * The chain recomputed from the bytes in the event log and from nothing else: a row an event, each hash the SHA-256 of the
 * row's canonical JSON (members by name, no spaces) with its place and the hash before.
 */
export async function checkAudit(log: readonly LogEvent[], client: Client, findings: Findings): Promise<void> {
  let previous = GENESIS;
  let place = 0;
  for (;;) {
    const { rows } = await client.query<AuditRow>(
      `SELECT seq, event_id, stream, revision, type, encode(data_sha256, 'hex') AS data,
              encode(metadata_sha256, 'hex') AS metadata, recorded_at, at, actor_kind, actor_id, correlation_id, customer_id,
              encode(hash, 'hex') AS hash
         FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2`,
      [place, PAGE],
    );
    for (const row of rows) {
      const event = log[place];
      place += 1;
      const seq = String(place);
      if (event === undefined) {
        findings.expect(false, 'I17', () => `row ${seq} of the audit log is of no event`);
        return;
      }
      const facts = factsOf(event);
      previous = hash('sha256', canonical({ ...facts, seq, previous }), 'hex');
      const kept = {
        ...row,
        data_sha256: row.data,
        metadata_sha256: row.metadata,
        recorded_at: row.recorded_at.toISOString(),
        at: row.at?.toISOString() ?? null,
      };
      const differs = Object.entries(facts).find(([name, value]) => Reflect.get(kept, name) !== value);
      const holds = row.seq === seq && differs === undefined && row.hash === previous;
      findings.expect(
        holds,
        'I17',
        () => `row ${seq} of the audit log: ${differs?.[0] ?? 'its hash'} is not the log's`,
      );
      if (!holds) return;
    }
    if (rows.length < PAGE) break;
  }
  findings.saw('audit rows', place);
  findings.expect(place === log.length, 'I17', () => `${place} audit rows for ${log.length} events`);
  const heads = await client.query<{ seq: string; hash: string }>(
    `SELECT seq, encode(hash, 'hex') AS hash FROM audit_head`,
  );
  const head = heads.rows[0];
  findings.expect(
    head?.seq === String(place) && head.hash === previous,
    'I17',
    () => `the noted end of the chain (${head?.seq}) is not its end (${place})`,
  );
}

function factsOf(event: LogEvent): Record<string, string | null> {
  const { metadata } = event;
  const word = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const actor = (metadata['actor'] ?? {}) as Record<string, unknown>;
  return {
    event_id: event.id,
    stream: event.stream,
    revision: event.revision.toString(),
    type: event.type,
    data_sha256: event.dataHash,
    metadata_sha256: event.metadataHash,
    recorded_at: new Date(event.storedAt).toISOString(),
    at: word(metadata['at']),
    actor_kind: word(actor['kind']),
    actor_id: word(actor['id']),
    correlation_id: word(metadata['$correlationId']),
    customer_id: word(metadata['customerId']),
  };
}

function canonical(members: Readonly<Record<string, string | null>>): string {
  const inOrder = Object.keys(members).sort();
  return `{${inOrder.map((name) => `${JSON.stringify(name)}:${JSON.stringify(members[name])}`).join(',')}}`;
}
