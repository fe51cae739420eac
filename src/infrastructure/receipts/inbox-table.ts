import type { Sql } from '../postgres/database';

export const INBOX_CHANNEL = 'receipt_inbox';

export interface NewReport {
  readonly id: string;
  readonly provider: string;
  /** Sealed. */
  readonly report: string;
  readonly lookupHash: Buffer | null;
  readonly providerMessageId: string | null;
  readonly receivedAt: Date;
  /** Worked on by the process that inserts it. Null: by whoever takes it. */
  readonly leasedUntil: Date | null;
}

export interface SettledReport {
  readonly id: string;
  readonly outcome: string;
}

export interface PostponedReport {
  readonly id: string;
  readonly compareAt: Date;
  readonly comparisons: number;
}

/** A report as it lies there, sealed. */
export interface StoredReport {
  readonly id: string;
  readonly provider: string;
  readonly report: string;
  readonly received_at: Date;
  readonly comparisons: number;
}

/** The statements of table `receipt_inbox`, for many reports at once where there may be many. */
export class InboxTable {
  constructor(private readonly sql: Sql) {}

  async insert(reports: readonly NewReport[]): Promise<void> {
    await this.sql.query({
      name: 'receipts_insert',
      text: `INSERT INTO receipt_inbox
               (id, provider, report, lookup_hash, provider_message_id, received_at, compare_at, leased_until)
             SELECT id, provider, report, hash, pmid, received, received, leased FROM unnest(
               $1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::timestamptz[], $7::timestamptz[])
             AS r (id, provider, report, hash, pmid, received, leased)
             ON CONFLICT (id) DO NOTHING`,
      values: [
        reports.map(({ id }) => id),
        reports.map(({ provider }) => provider),
        reports.map(({ report }) => report),
        reports.map(({ lookupHash }) => lookupHash),
        reports.map(({ providerMessageId }) => providerMessageId),
        reports.map(({ receivedAt }) => receivedAt),
        reports.map(({ leasedUntil }) => leasedUntil),
      ],
    });
  }

  /** Tells processes that match reports that there are some. */
  async announce(): Promise<void> {
    await this.sql.query({ name: 'receipts_announce', text: `SELECT pg_notify('${INBOX_CHANNEL}', '')` });
  }

  async claim(now: Date, leaseMs: number, limit: number): Promise<StoredReport[]> {
    const { rows } = await this.sql.query<StoredReport>({
      name: 'receipts_claim',
      text: `WITH owed AS (
               SELECT id FROM receipt_inbox
               WHERE compare_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
               ORDER BY compare_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             UPDATE receipt_inbox r SET leased_until = $1::timestamptz + make_interval(secs => $2::float8 / 1000)
             FROM owed WHERE r.id = owed.id
             RETURNING r.id, r.provider, r.report, r.received_at, r.comparisons`,
      values: [now, leaseMs, limit],
    });
    return rows;
  }

  /** One that waits, before its time. Null: it is settled, or in somebody's hands. */
  async claimOne(id: string, now: Date, leaseMs: number): Promise<StoredReport | null> {
    const { rows } = await this.sql.query<StoredReport>({
      name: 'receipts_claim_one',
      text: `UPDATE receipt_inbox SET leased_until = $2::timestamptz + make_interval(secs => $3::float8 / 1000)
             WHERE id = $1 AND compare_at IS NOT NULL AND (leased_until IS NULL OR leased_until <= $2)
             RETURNING id, provider, report, received_at, comparisons`,
      values: [id, now, leaseMs],
    });
    return rows[0] ?? null;
  }

  /** Planned each time, as `postpone`: a plan kept from when there were few rows would read them all. */
  async settle(reports: readonly SettledReport[]): Promise<void> {
    await this.sql.query({
      text: `UPDATE receipt_inbox r SET compare_at = NULL, leased_until = NULL, outcome = s.outcome
             FROM unnest($1::uuid[], $2::text[]) AS s (id, outcome) WHERE r.id = s.id`,
      values: [reports.map(({ id }) => id), reports.map(({ outcome }) => outcome)],
    });
  }

  async postpone(reports: readonly PostponedReport[]): Promise<void> {
    await this.sql.query({
      text: `UPDATE receipt_inbox r SET compare_at = p.at, leased_until = NULL, comparisons = p.comparisons
             FROM unnest($1::uuid[], $2::timestamptz[], $3::int[]) AS p (id, at, comparisons) WHERE r.id = p.id`,
      values: [
        reports.map(({ id }) => id),
        reports.map(({ compareAt }) => compareAt),
        reports.map(({ comparisons }) => comparisons),
      ],
    });
  }

  async nextAt(): Promise<Date | null> {
    const { rows } = await this.sql.query<{ at: Date | null }>({
      name: 'receipts_next',
      text: `SELECT greatest(compare_at, leased_until) AS at FROM receipt_inbox
             WHERE compare_at IS NOT NULL ORDER BY compare_at LIMIT 100`,
    });
    let next: Date | null = null;
    for (const { at } of rows) if (at !== null && (next === null || at < next)) next = at;
    return next;
  }

  /** Those that name a number. @param owedToo also those that still wait for their message. @returns how many went */
  async forget(lookupHash: Buffer, owedToo: boolean): Promise<number> {
    const { rowCount } = await this.sql.query({
      text: 'DELETE FROM receipt_inbox WHERE lookup_hash = $1 AND (compare_at IS NULL OR $2)',
      values: [lookupHash, owedToo],
    });
    return rowCount ?? 0;
  }

  /** Settled reports hold phone numbers: they are not kept for ever. @returns how many went */
  async purge(before: Date, limit: number): Promise<number> {
    const { rowCount } = await this.sql.query({
      name: 'receipts_purge',
      text: `DELETE FROM receipt_inbox WHERE id IN (
               SELECT id FROM receipt_inbox WHERE compare_at IS NULL AND received_at < $1 LIMIT $2)`,
      values: [before, limit],
    });
    return rowCount ?? 0;
  }
}
