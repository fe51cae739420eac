import type { LogPosition } from '../../application/ports/event-store';
import type { FeedItem } from '../../application/ports/subscriptions';
import { auditFacts, chainHash, type AuditFacts } from '../../projections/audit/audit-row';
import { auditRows, type AuditRow } from '../../projections/audit/audit-table';
import { GENESIS } from '../../projections/shared/hash-chain';
import type { Sql } from '../postgres/database';
import type { Finding, Progress } from './verify-chain';

/** Whether the event log holds this event at this place; null: any event. */
export type EventLookUp = (stream: string, revision: bigint, eventId: string | null) => Promise<boolean>;

export interface ComparisonInput {
  /** The whole event log, from the first event. */
  readonly events: AsyncIterable<readonly FeedItem[]>;
  readonly lookUp: EventLookUp;
  /** How far in `$all` the log was projected, as far as anybody has noted; null: not at all. */
  readonly projectedTo: LogPosition | null;
  /** ISO: events taken in before it should have their row by now. */
  readonly dueBefore: string;
}

export interface Comparison {
  /** Rows that are what the event log makes of them. */
  readonly rows: bigint;
  /** Events that have no row yet, and need not have one. */
  readonly notProjected: number;
  readonly finding: Finding | null;
}

/**
 * Makes every row anew from the event log and holds it against the one that stands there, from the first on. The event log
 * is the truth; this finds whatever was done to the rows, recomputed hashes or not. To be given one snapshot.
 */
export async function compareWithLog(
  sql: Sql,
  input: ComparisonInput,
  progress: Progress = () => undefined,
): Promise<Comparison> {
  let seq = 0n;
  let hash = GENESIS;
  let notProjected = 0;
  const broken = (row: bigint, detail: string): Comparison => ({
    rows: seq,
    notProjected,
    finding: { log: 'audit', row, since: row - 1n, detail },
  });
  for await (const items of input.events) {
    const rows = notProjected > 0 ? [] : await auditRows(sql, seq, items.length);
    for (const [i, item] of items.entries()) {
      const place = seq + 1n;
      const row = rows[i];
      if (row === undefined) {
        const owed = isOwed(item, input);
        if (owed !== null) return broken(place, `${named(item)} has no row: ${owed}`);
        notProjected += 1;
        continue;
      }
      const facts = auditFacts(item);
      hash = chainHash(facts, place, hash);
      if (row.seq !== place || row.hash !== hash || differing(row.facts, facts).length > 0) {
        return broken(place, await whatHappened(sql, { place, row, facts, hash }, input.lookUp));
      }
      seq = place;
    }
    progress(seq);
  }
  const [extra] = await auditRows(sql, seq, 1);
  if (extra === undefined) return { rows: seq, notProjected, finding: null };
  return broken(extra.seq, `row ${extra.seq} stands for no event: the log ends before it`);
}

/** Why it should have its row by now; null: it need not. */
function isOwed(
  { event: { position, created } }: FeedItem,
  { projectedTo: to, dueBefore }: ComparisonInput,
): string | null {
  const isCovered =
    to !== null && (position.commit < to.commit || (position.commit === to.commit && position.prepare <= to.prepare));
  if (isCovered) return 'the tail of the log was cut';
  return created < dueBefore ? 'the tail of the log was cut, or nothing has projected for a while' : null;
}

const named = ({ event }: FeedItem): string => `${event.type} ${event.stream}@${event.revision}`;
const NAMES: readonly (keyof AuditFacts)[] = [
  ...(['event_id', 'stream', 'revision', 'type', 'data_sha256', 'metadata_sha256', 'recorded_at'] as const),
  ...(['at', 'actor_kind', 'actor_id', 'correlation_id', 'customer_id'] as const),
];

const differing = (a: AuditFacts, b: AuditFacts): string[] => NAMES.filter((name) => a[name] !== b[name]);

/** The kind of change, for whoever has to find out who made it. */
async function whatHappened(
  sql: Sql,
  { place, row, facts, hash }: { place: bigint; row: AuditRow; facts: AuditFacts; hash: string },
  lookUp: EventLookUp,
): Promise<string> {
  const expected = `${facts.type} ${facts.stream}@${facts.revision}`;
  const isSamePlace = row.facts.stream === facts.stream && row.facts.revision === facts.revision;
  if (isSamePlace || row.facts.event_id === facts.event_id) {
    const columns = differing(row.facts, facts);
    if (columns.length > 0) return `row ${row.seq} was edited: ${columns.join(', ')}`;
    if (row.seq !== place) return `row ${place} has the number ${row.seq}`;
    return `row ${place} was edited: its hash is not ${hash}`;
  }
  const { rows } = await sql.query<{ seq: string }>({
    text: 'SELECT seq FROM audit_log WHERE stream = $1 AND revision = $2',
    values: [facts.stream, facts.revision],
  });
  const elsewhere = rows[0]?.seq;
  if (elsewhere === undefined) return `row ${place} was deleted: ${expected} has none`;
  if (!(await lookUp(row.facts.stream, BigInt(row.facts.revision), row.facts.event_id))) {
    return `row ${row.seq} was inserted: it stands for no event`;
  }
  return `rows were put in another order: row ${place} is that of ${expected}, which stands at ${elsewhere}`;
}
