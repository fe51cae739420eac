import type { ProjectionSql } from '../../application/ports/projection';

/** Something that was known and is not in the log any more: an event, or a row that an event must have made. */
export interface LostEvent {
  /** `audit`, or the table of a read model that was ahead of the audit log. */
  readonly known_by: string;
  readonly stream: string;
  readonly revision: string;
  /** Null where only a read model knows of it. */
  readonly event_id: string | null;
  readonly type: string | null;
  readonly customer_id: string | null;
  readonly mode: string | null;
  readonly message_id: string | null;
  readonly reservation_id: string | null;
  /** 1/10 000 KES, as the read models have it: of the movement, else of the message. Null where no money is concerned. */
  readonly amount: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly correlation_id: string | null;
  /** ISO: when the command was accepted. */
  readonly at: string | null;
  /** ISO: when the store took it. */
  readonly recorded_at: string | null;
}

/** As the columns of a `LostEvent` come from Postgres. */
export interface LostSqlRow extends Omit<LostEvent, 'at' | 'recorded_at'> {
  readonly at: Date | null;
  readonly recorded_at: Date | null;
}

export const lostEvent = ({ at, recorded_at, ...row }: LostSqlRow): LostEvent => ({
  ...row,
  at: at?.toISOString() ?? null,
  recorded_at: recorded_at?.toISOString() ?? null,
});

/**
 * Rows of the audit log as lost events, with what the read models know of each. Of which message a wallet's event is says
 * the statement, else the request that both came of: not where one request made several messages.
 */
const DESCRIBED = `
  WITH lost AS MATERIALIZED (
    SELECT a.*, CASE WHEN stream LIKE 'message-%' THEN substr(stream, 9) END AS own_message,
           CASE WHEN stream LIKE 'wallet-%.test' THEN 'test' WHEN stream LIKE 'wallet-%' THEN 'live' END AS wallet_mode
      FROM audit_log AS a WHERE seq = ANY($1::bigint[])
  ), asked AS (
    SELECT correlation_id, min(substr(stream, 9)) AS message_id FROM audit_log
     WHERE correlation_id IN (SELECT correlation_id FROM lost WHERE wallet_mode IS NOT NULL) AND stream LIKE 'message-%'
     GROUP BY correlation_id HAVING count(DISTINCT stream) = 1
  ), described AS MATERIALIZED (
    SELECT lost.*, line.amount AS moved, coalesce(own_message, line.message_id, asked.message_id) AS message_id
      FROM lost
      LEFT JOIN statement_lines AS line
        ON line.customer_id = lost.customer_id AND line.mode = lost.wallet_mode AND line.revision = lost.revision
           AND line.event_id = lost.event_id
      LEFT JOIN asked ON asked.correlation_id = lost.correlation_id AND lost.wallet_mode IS NOT NULL
  ), spent AS (
    SELECT message_id, min(reference) AS reservation_id FROM statement_lines
     WHERE message_id IN (SELECT message_id FROM described) GROUP BY message_id
  ), held AS (
    SELECT message_id, min(reservation_id) AS reservation_id, min(amount) AS amount FROM reservations
     WHERE message_id IN (SELECT message_id FROM described) GROUP BY message_id
  )
  SELECT 'audit' AS known_by, d.stream, d.revision::text AS revision, d.event_id::text AS event_id, d.type, d.customer_id,
         coalesce(d.wallet_mode, m.mode) AS mode, d.message_id,
         coalesce(spent.reservation_id, held.reservation_id) AS reservation_id,
         coalesce(d.moved, held.amount, m.amount)::text AS amount, d.actor_kind, d.actor_id, d.correlation_id, d.at,
         d.recorded_at
    FROM described AS d
    LEFT JOIN messages AS m USING (message_id)
    LEFT JOIN spent USING (message_id)
    LEFT JOIN held USING (message_id)
   ORDER BY d.seq`;

/** @param seqs places in the audit log @param sql the projector's, who sees the rows of all customers */
export async function describeLost(sql: ProjectionSql, seqs: readonly string[]): Promise<LostEvent[]> {
  const { rows } = await sql.query<LostSqlRow>({ text: DESCRIBED, values: [seqs] });
  return rows.map(lostEvent);
}

const WALLET_STREAM = `'wallet-' || customer_id || CASE mode WHEN 'test' THEN '.test' ELSE '' END`;
const NOTHING = 'NULL::text';

/** What each read model knows of the newest event in a row: stream, revision, event, customer, mode, message, reservation, amount, time. */
const KNOWN: readonly (readonly [table: string, columns: string])[] = [
  [
    'messages',
    `'message-' || message_id, revision, NULL::uuid, customer_id, mode, message_id, ${NOTHING}, amount, created_at`,
  ],
  [
    'statement_lines',
    `${WALLET_STREAM}, revision, event_id, customer_id, mode, message_id,
     CASE WHEN message_id IS NOT NULL THEN reference END, amount, at`,
  ],
  ['wallets', `${WALLET_STREAM}, revision, NULL, customer_id, mode, NULL, NULL, NULL, updated_at`],
  [
    'message_attempts',
    `'message-' || message_id, revision, NULL, customer_id, NULL, message_id, NULL, NULL, started_at`,
  ],
  ['customers', `'customer-' || customer_id, revision, NULL, customer_id, NULL, NULL, NULL, NULL, NULL`],
  ['price_lists', `'pricelist-' || price_list_id, revision, NULL, NULL, NULL, NULL, NULL, NULL, NULL`],
  ['blocks', `'block-' || subject, revision, NULL, customer_id, NULL, NULL, NULL, NULL, placed_at`],
  ['opt_outs', `'optout-' || opt_out_id, revision, NULL, customer_id, mode, NULL, NULL, NULL, opted_out_at`],
  ['inbound_numbers', `'inbound-' || number, revision, NULL, customer_id, mode, NULL, NULL, NULL, changed_at`],
];

/** Read models whose rows tell what they were made from. */
export const TELLING_TABLES: readonly string[] = KNOWN.map(([table]) => table);

const AHEAD = `
  SELECT DISTINCT ON (stream, revision) known_by, stream, revision::text AS revision, event_id::text AS event_id,
         NULL AS type, customer_id, mode, message_id, reservation_id, amount::text AS amount, NULL AS actor_kind,
         NULL AS actor_id, NULL AS correlation_id, at, NULL::timestamptz AS recorded_at
    FROM (${KNOWN.map(([table, columns], place) => `SELECT ${place}, '${table}', ${columns} FROM ${table}`).join('\n          UNION ALL ')})
      AS known (place, known_by, stream, revision, event_id, customer_id, mode, message_id, reservation_id, amount, at)
   WHERE NOT EXISTS (SELECT FROM audit_log AS a WHERE a.stream = known.stream AND a.revision = known.revision)
   ORDER BY stream, revision, place`;

/** Rows of read models whose newest event the audit log has not: it may be in the log all the same. */
export async function aheadOfAudit(sql: ProjectionSql): Promise<LostEvent[]> {
  const { rows } = await sql.query<LostSqlRow>({ text: AHEAD });
  return rows.map(lostEvent);
}
