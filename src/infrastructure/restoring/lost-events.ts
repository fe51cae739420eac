import type { Subscriptions } from '../../application/ports/subscriptions';
import { auditRows, type AuditRow } from '../../projections/audit/audit-table';
import type { EventLookUp } from '../audit/compare-with-log';
import { readLog } from '../audit/read-log';
import type { Sql } from '../postgres/database';
import { aheadOfAudit, describeLost, type LostEvent } from './lost-rows';

/** Described together: each time the audit log is looked through once. */
const PAGE = 10_000;

export interface LostInput {
  readonly subscriptions: Subscriptions;
  readonly lookUp: EventLookUp;
  readonly progress?: (rows: bigint) => void;
}

/**
 * Every event that the audit log or a read model knows and that the log has not any more. The two agree up to some place;
 * what the audit log has behind it is lost where its event is not in what the log has behind it.
 */
export class LostEvents {
  private constructor(
    /** Rows of the audit log up to which both agree. */
    readonly common: bigint,
    /** What the log has behind that: it may have grown again. */
    private readonly later: ReadonlySet<string>,
    private readonly sql: Sql,
    private readonly input: LostInput,
  ) {}

  /** @param sql one snapshot, as the projector */
  static async find(sql: Sql, input: LostInput): Promise<LostEvents> {
    const later = new Set<string>();
    let common = 0n;
    let agree = true;
    for await (const items of readLog(input.subscriptions, null)) {
      const rows: readonly AuditRow[] = agree ? await auditRows(sql, common, items.length) : [];
      for (const [i, { event }] of items.entries()) {
        const id = event.id.toLowerCase();
        agree &&= rows[i]?.facts.event_id === id;
        if (agree) common += 1n;
        else later.add(id);
      }
      input.progress?.(common);
    }
    return new LostEvents(common, later, sql, input);
  }

  /** In the order of the log that was lost, page by page; behind them what only a read model knows. */
  async *pages(): AsyncGenerator<readonly LostEvent[]> {
    for (let after = this.common; ;) {
      const { rows } = await this.sql.query<{ seq: string; event_id: string }>({
        text: 'SELECT seq, event_id FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2',
        values: [after.toString(), PAGE],
      });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = BigInt(last.seq);
      const lost = rows.filter((row) => !this.later.has(row.event_id)).map(({ seq }) => seq);
      if (lost.length > 0) yield await describeLost(this.sql, lost);
    }
    const unknown: LostEvent[] = [];
    for (const row of await aheadOfAudit(this.sql)) if (!(await this.isInLog(row))) unknown.push(row);
    if (unknown.length > 0) yield unknown;
  }

  private isInLog({ stream, revision, event_id }: LostEvent): Promise<boolean> {
    return this.input.lookUp(stream, BigInt(revision), event_id);
  }
}
