import type { InboundKind } from '../../application/ports/inbound-texts';
import type { Sql } from '../postgres/database';

export const INBOUND_CHANNEL = 'inbound_inbox';

export interface NewText {
  readonly id: string;
  readonly provider: string;
  readonly kind: InboundKind;
  /** Sealed. */
  readonly content: string;
  readonly lookupHash: Buffer | null;
  readonly partKey: Buffer | null;
  readonly receivedAt: Date;
}

/** A text as it lies there, sealed. */
export interface StoredText {
  readonly id: string;
  readonly provider: string;
  readonly kind: InboundKind;
  readonly content: string;
  readonly received_at: Date;
  readonly tries: number;
}

export interface StoredParkedText extends StoredText {
  readonly parked_number: string;
}

const COLUMNS = 'id, provider, kind, content, received_at, tries';

/** The statements of table `inbound_inbox`. */
export class InboundTable {
  constructor(private readonly sql: Sql) {}

  /** The same text a second time changes nothing. */
  async insert({ id, provider, kind, content, lookupHash, partKey, receivedAt }: NewText): Promise<void> {
    await this.sql.query({
      name: 'inbound_insert',
      text: `INSERT INTO inbound_inbox (id, provider, kind, content, lookup_hash, part_key, received_at, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO NOTHING`,
      values: [id, provider, kind, content, lookupHash, partKey, receivedAt],
    });
  }

  /** Tells processes that work on texts that there is one. */
  async announce(): Promise<void> {
    await this.sql.query({ name: 'inbound_announce', text: `SELECT pg_notify('${INBOUND_CHANNEL}', '')` });
  }

  async claim(now: Date, leaseMs: number, limit: number): Promise<StoredText[]> {
    const { rows } = await this.sql.query<StoredText>({
      name: 'inbound_claim',
      text: `WITH owed AS (
               SELECT id FROM inbound_inbox
               WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
               ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             UPDATE inbound_inbox i SET leased_until = $1::timestamptz + make_interval(secs => $2::float8 / 1000)
             FROM owed WHERE i.id = owed.id
             RETURNING i.id, i.provider, i.kind, i.content, i.received_at, i.tries`,
      values: [now, leaseMs, limit],
    });
    return rows;
  }

  async nextAt(): Promise<Date | null> {
    const { rows } = await this.sql.query<{ at: Date | null }>({
      name: 'inbound_next',
      text: `SELECT min(greatest(due_at, leased_until)) AS at FROM inbound_inbox WHERE due_at IS NOT NULL`,
    });
    return rows[0]?.at ?? null;
  }

  /** Parts with the same key, from `from` to `to`, oldest first. */
  async parts(id: string, from: Date, to: Date): Promise<(StoredText & { readonly settled: boolean })[]> {
    const { rows } = await this.sql.query<StoredText & { settled: boolean }>({
      name: 'inbound_parts',
      text: `SELECT ${COLUMNS}, due_at IS NULL AS settled FROM inbound_inbox
              WHERE (provider, part_key) = (SELECT provider, part_key FROM inbound_inbox WHERE id = $1)
                AND received_at BETWEEN $2 AND $3 ORDER BY received_at, id LIMIT 1000`,
      values: [id, from, to],
    });
    return rows;
  }

  async settle(ids: readonly string[], outcome: string): Promise<void> {
    await this.sql.query({
      name: 'inbound_settle',
      text: `UPDATE inbound_inbox SET due_at = NULL, leased_until = NULL, parked_number = NULL, outcome = $2
              WHERE id = ANY($1)`,
      values: [ids, outcome],
    });
  }

  async park(ids: readonly string[], number: string): Promise<void> {
    await this.sql.query({
      name: 'inbound_park',
      text: `UPDATE inbound_inbox SET due_at = NULL, leased_until = NULL, parked_number = $2, outcome = 'parked'
              WHERE id = ANY($1)`,
      values: [ids, number],
    });
  }

  async postpone(id: string, dueAt: Date, tries: number): Promise<void> {
    await this.sql.query({
      name: 'inbound_postpone',
      text: 'UPDATE inbound_inbox SET due_at = $2, leased_until = NULL, tries = $3 WHERE id = $1 AND due_at IS NOT NULL',
      values: [id, dueAt, tries],
    });
  }

  async parked(number: string | null, id: string | null, limit: number): Promise<StoredParkedText[]> {
    const { rows } = await this.sql.query<StoredParkedText>({
      text: `SELECT ${COLUMNS}, parked_number FROM inbound_inbox
              WHERE parked_number IS NOT NULL AND ($1::text IS NULL OR parked_number = $1)
                AND ($2::uuid IS NULL OR id = $2) ORDER BY received_at, id LIMIT $3`,
      values: [number, id, limit],
    });
    return rows;
  }

  /** @returns how many are worked on again. */
  async letGo(number: string | null, id: string | null, now: Date): Promise<number> {
    const { rowCount } = await this.sql.query({
      text: `UPDATE inbound_inbox SET due_at = $3, parked_number = NULL, outcome = NULL, tries = 0
              WHERE parked_number IS NOT NULL AND ($1::text IS NULL OR parked_number = $1) AND ($2::uuid IS NULL OR id = $2)`,
      values: [number, id, now],
    });
    return rowCount ?? 0;
  }

  /** Those of a number. @param owedToo also those that wait, or are parked. @returns how many went */
  async forget(lookupHash: Buffer, owedToo: boolean): Promise<number> {
    const { rowCount } = await this.sql.query({
      text: `DELETE FROM inbound_inbox
              WHERE lookup_hash = $1 AND ((due_at IS NULL AND parked_number IS NULL) OR $2)`,
      values: [lookupHash, owedToo],
    });
    return rowCount ?? 0;
  }

  /** Settled texts are in their messages: they are not kept here for ever. @returns how many went */
  async purge(before: Date, limit: number): Promise<number> {
    const { rowCount } = await this.sql.query({
      name: 'inbound_purge',
      text: `DELETE FROM inbound_inbox WHERE id IN (
               SELECT id FROM inbound_inbox WHERE due_at IS NULL AND parked_number IS NULL AND received_at < $1 LIMIT $2)`,
      values: [before, limit],
    });
    return rowCount ?? 0;
  }

  /** When the oldest that is kept came; null: there is none. */
  async oldest(): Promise<Date | null> {
    const { rows } = await this.sql.query<{ at: Date | null }>({
      text: 'SELECT min(received_at) AS at FROM inbound_inbox',
    });
    return rows[0]?.at ?? null;
  }
}
