import type { Sql } from '../postgres/database';
import { lostEvent, type LostEvent, type LostSqlRow } from './lost-rows';

export interface AcceptanceReport {
  readonly id: string;
  /** ISO. */
  readonly at: string;
  readonly actor: string;
  readonly note: string;
  readonly found: string;
  readonly lost_events: number;
}

const PAGE = 10_000;
const COLUMNS = [
  ...(['known_by', 'stream', 'revision', 'event_id', 'type', 'customer_id', 'mode', 'message_id'] as const),
  ...(['reservation_id', 'amount', 'actor_kind', 'actor_id', 'correlation_id', 'at', 'recorded_at'] as const),
] satisfies readonly (keyof LostEvent)[];

/** Newest first. */
export async function listAcceptances(sql: Sql): Promise<AcceptanceReport[]> {
  const { rows } = await sql.query<Omit<AcceptanceReport, 'at' | 'lost_events'> & { at: Date; lost_events: string }>({
    text: `SELECT id, at, actor, note, found,
                  (SELECT count(*) FROM lost_events AS l WHERE l.acceptance = a.id) AS lost_events
             FROM log_acceptances AS a ORDER BY at DESC, id`,
  });
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), lost_events: Number(row.lost_events) }));
}

/** @returns false where it is kept already, with all that was lost. */
export async function insertAcceptance(
  sql: Sql,
  { id, at, actor, note, found }: Omit<AcceptanceReport, 'lost_events'>,
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'INSERT INTO log_acceptances (id, at, actor, note, found) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
    values: [id, at, actor, note, found],
  });
  return rowCount === 1;
}

/** @param after places taken before */
export async function insertLost(
  sql: Sql,
  acceptance: string,
  after: number,
  lost: readonly LostEvent[],
): Promise<void> {
  await sql.query({
    text: `INSERT INTO lost_events (acceptance, place, ${COLUMNS.join(', ')})
           SELECT $1, $2 + place, ${COLUMNS.join(', ')}
             FROM ROWS FROM (json_to_recordset($3::json) AS (${COLUMNS.map((one) => `${one} ${typeOf(one)}`).join(', ')}))
                  WITH ORDINALITY AS x(${COLUMNS.join(', ')}, place)`,
    values: [acceptance, after, JSON.stringify(lost)],
  });
}

/** What an acceptance has kept, page by page. */
export async function* keptLost(sql: Sql, acceptance: string): AsyncGenerator<readonly LostEvent[]> {
  for (let after = 0; ; after += PAGE) {
    const { rows } = await sql.query<LostSqlRow>({
      text: `SELECT ${COLUMNS.map((one) => (one === 'revision' ? 'revision::text' : one)).join(', ')}
               FROM lost_events WHERE acceptance = $1 AND place > $2 ORDER BY place LIMIT $3`,
      values: [acceptance, after, PAGE],
    });
    if (rows.length > 0) yield rows.map(lostEvent);
    if (rows.length < PAGE) return;
  }
}

function typeOf(column: keyof LostEvent): string {
  if (column === 'event_id') return 'uuid';
  if (column === 'revision') return 'bigint';
  if (column === 'amount') return 'numeric';
  return column === 'at' || column === 'recorded_at' ? 'timestamptz' : 'text';
}
