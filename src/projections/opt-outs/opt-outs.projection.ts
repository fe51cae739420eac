import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import type { OptOutEvent } from '../../domain/opt-out/events';
import type { SubjectErased } from '../../domain/privacy/events';
import { eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';
import { endedByErasure, foldOptOut, type OptOutRow } from './opt-out-row';
import { optOutFromSql, type OptOutSqlRow } from './opt-outs.reader';

type Handled = OptOutEvent | SubjectErased;

const COLUMNS =
  'opt_out_id, revision, customer_id, mode, subject_id, phone, sender, source, opted_out_at, ended_at, ended_by';

const UPSERT = `
  INSERT INTO opt_outs AS o (${COLUMNS})
  SELECT ${COLUMNS} FROM json_populate_recordset(NULL::opt_outs, $1::json)
  ON CONFLICT (opt_out_id) DO UPDATE
     SET revision = excluded.revision, phone = excluded.phone, source = excluded.source,
         opted_out_at = excluded.opted_out_at, ended_at = excluded.ended_at, ended_by = excluded.ended_by
   WHERE o.revision <= excluded.revision`;

/** Who wants no promotion, and from whom. An erasure ends what the person had said: nothing is left to know them by. */
export const optOutsProjection: EventProjection = {
  kind: 'events',
  name: 'opt_outs',
  version: 1,
  tables: [{ name: 'opt_outs' }],
  handles: ['RecipientOptedOut', 'RecipientOptedIn', 'SubjectErased'] satisfies Handled['type'][],
  async apply(events, sql) {
    const rows = await concerned(events, sql);
    for (const recorded of events) {
      const event = eventOf<Handled>(recorded);
      if (event.type === 'SubjectErased') {
        for (const [id, row] of rows) {
          if (row.subject_id === event.data.subjectId) rows.set(id, endedByErasure(row, recorded.metadata.at));
        }
        continue;
      }
      const after = foldOptOut(rows.get(event.data.optOutId) ?? null, recorded);
      if (after !== null) rows.set(after.opt_out_id, after);
    }
    if (rows.size > 0) await sql.query({ text: UPSERT, values: [sqlJson([...rows.values()])] });
  },
};

/** The rows that the events may change, by id. */
async function concerned(events: readonly RecordedEvent[], sql: ProjectionSql): Promise<Map<string, OptOutRow>> {
  const ids = new Set<string>();
  const erased = new Set<string>();
  for (const recorded of events) {
    const event = eventOf<Handled>(recorded);
    if (event.type === 'SubjectErased') erased.add(event.data.subjectId);
    else ids.add(event.data.optOutId);
  }
  const { rows } = await sql.query<OptOutSqlRow>({
    text: `SELECT ${COLUMNS} FROM opt_outs WHERE opt_out_id = ANY($1) OR subject_id = ANY($2)`,
    values: [[...ids], [...erased]],
  });
  return new Map(rows.map((row) => [row.opt_out_id, optOutFromSql(row)]));
}
