import type { Sql } from '../postgres/database';
import type { ReportSeal } from './report-seal';

/** A provider's report, opened. */
export interface OpenedReceipt {
  readonly provider: string;
  readonly provider_message_id: string;
  readonly received_at: string;
  /** What became of it; null while it waits for its message. */
  readonly outcome: string | null;
  /** As it came. Empty once the key of its day has been destroyed. */
  readonly raw: string;
}

interface Row {
  readonly provider: string;
  readonly provider_message_id: string;
  readonly received_at: Date;
  readonly outcome: string | null;
  readonly report: string;
}

/** For operators: they name a person's number, so whoever opens them is written down first. */
export class OpenedReceipts {
  constructor(
    private readonly sql: Sql,
    private readonly seal: Pick<ReportSeal, 'open'>,
  ) {}

  /** What came for these ids, and for the parts of messages that they stand for, oldest first. Reads the whole inbox. */
  async of(
    ids: readonly { readonly provider: string; readonly providerMessageId: string }[],
  ): Promise<OpenedReceipt[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.sql.query<Row>({
      text: `WITH asked AS (SELECT * FROM unnest($1::text[], $2::text[]) AS a (provider, id)),
                  wanted AS (SELECT provider, id FROM asked
                             UNION SELECT p.provider, p.part_id FROM message_parts p
                                     JOIN asked a ON a.provider = p.provider AND a.id = p.whole_id)
             SELECT r.provider, r.provider_message_id, r.received_at, r.outcome, r.report
               FROM receipt_inbox r JOIN wanted w ON w.provider = r.provider AND w.id = r.provider_message_id
              ORDER BY r.received_at, r.id`,
      values: [ids.map(({ provider }) => provider), ids.map(({ providerMessageId }) => providerMessageId)],
    });
    const opened = await this.seal.open(rows.map(({ report }) => report));
    return rows.map(({ provider, provider_message_id, received_at, outcome }, i) => ({
      provider,
      provider_message_id,
      received_at: received_at.toISOString(),
      outcome,
      raw: opened[i]?.toString('utf8') ?? '',
    }));
  }
}
