import type { RecordedEvent } from '../../application/ports/event-store';
import type { EventProjection, ProjectionSql } from '../../application/ports/projection';
import { assertNever } from '../../domain/shared/decider';
import { walletOfStream } from '../../domain/shared/streams';
import type { WalletAdjustedDown, WalletCredited, WalletDebited } from '../../domain/wallet/events';
import { byStream, eventOf } from '../shared/event-of';
import { sqlJson } from '../shared/sql-json';

type LedgerEvent = WalletCredited | WalletDebited | WalletAdjustedDown;
type Kind = 'credit' | 'debit' | 'adjustment';

interface Line {
  readonly kind: Kind;
  readonly amount: bigint;
  readonly reference: string;
  readonly message_id: string | null;
  readonly source: string | null;
  readonly note: string | null;
}

interface LastLine {
  readonly revision: bigint;
  readonly balance: bigint;
}

const INSERT = `
  INSERT INTO statement_lines
         (customer_id, mode, revision, event_id, kind, amount, balance_after, reference, message_id, source, note, at)
  SELECT customer_id, mode, revision, event_id, kind, amount, balance_after, reference, message_id, source, note, at
    FROM json_populate_recordset(NULL::statement_lines, $1::json)
  ON CONFLICT (customer_id, mode, revision) DO NOTHING`;

/** Credits, debits and adjustments of each wallet with the balance after each. */
export const statementProjection: EventProjection = {
  kind: 'events',
  name: 'statement',
  version: 1,
  tables: [{ name: 'statement_lines' }],
  handles: ['WalletCredited', 'WalletDebited', 'WalletAdjustedDown'] satisfies LedgerEvent['type'][],
  async apply(events, sql) {
    const streams = byStream(events);
    const standing = await lastLines([...streams.keys()], sql);
    const rows: object[] = [];
    for (const [stream, news] of streams) {
      const { customerId, mode } = walletOfStream(stream);
      const last = standing.get(stream) ?? { revision: -1n, balance: 0n };
      let balance = last.balance;
      for (const recorded of news) {
        // A line that stands has been counted in the balance that the next one starts from.
        if (recorded.revision <= last.revision) continue;
        const { amount, ...line } = lineOf(recorded);
        balance += amount;
        rows.push({
          customer_id: customerId,
          mode,
          revision: recorded.revision.toString(),
          event_id: recorded.id,
          amount: amount.toString(),
          balance_after: balance.toString(),
          at: recorded.metadata.at,
          ...line,
        });
      }
    }
    if (rows.length > 0) await sql.query({ name: 'statement_insert', text: INSERT, values: [sqlJson(rows)] });
  },
};

function lineOf(recorded: RecordedEvent): Line {
  const event = eventOf<LedgerEvent>(recorded);
  switch (event.type) {
    case 'WalletCredited': {
      const { creditId, amount, source, note } = event.data;
      const kind = source === 'adjustment' ? 'adjustment' : 'credit';
      return { kind, amount: BigInt(amount), reference: creditId, message_id: null, source, note };
    }
    case 'WalletDebited': {
      const { reservationId, messageId, amount } = event.data;
      const reference = reservationId;
      return { kind: 'debit', amount: -BigInt(amount), reference, message_id: messageId, source: null, note: null };
    }
    case 'WalletAdjustedDown': {
      const { adjustmentId, amount, note } = event.data;
      const reference = adjustmentId;
      return { kind: 'adjustment', amount: -BigInt(amount), reference, message_id: null, source: 'adjustment', note };
    }
    default:
      return assertNever(event);
  }
}

async function lastLines(streams: readonly string[], sql: ProjectionSql): Promise<Map<string, LastLine>> {
  const wallets = streams.map(walletOfStream);
  const { rows } = await sql.query<{ stream: string; revision: string; balance_after: string }>({
    name: 'statement_last',
    text: `SELECT x.stream, l.revision, l.balance_after
             FROM unnest($1::text[], $2::text[], $3::text[]) AS x(stream, customer_id, mode)
            CROSS JOIN LATERAL (
                  SELECT revision, balance_after FROM statement_lines s
                   WHERE s.customer_id = x.customer_id AND s.mode = x.mode
                   ORDER BY revision DESC LIMIT 1) AS l`,
    values: [streams, wallets.map((one) => one.customerId), wallets.map((one) => one.mode)],
  });
  return new Map(
    rows.map((row) => [row.stream, { revision: BigInt(row.revision), balance: BigInt(row.balance_after) }]),
  );
}
