import type { Client } from 'pg';
import type { Evidence } from './evidence';
import type { Findings } from './findings';
import { text } from './log';
import type { WalletStory } from './wallet-story';

type Row = Readonly<Record<string, unknown>>;

/** I11: what Postgres shows is what the log folds to, and stands at the streams' own revisions. */
export async function checkReadModels(evidence: Evidence, client: Client, findings: Findings): Promise<void> {
  compare(
    'messages',
    await rowsOf(
      client,
      `SELECT message_id AS id, revision::text, customer_id, mode, status, final, tier, amount::text, charge,
              error->>'code' AS error, sender, segments, client_reference, subject_id,
              ${iso('created_at')}, ${iso('valid_until')}, ${iso('dispatched_at')}, ${iso('delivered_at')}
         FROM messages`,
    ),
    messages(evidence),
    findings,
  );
  compare(
    'wallets',
    await rowsOf(
      client,
      `SELECT customer_id || '/' || mode AS id, revision::text, credited::text, debited::text, reserved::text
         FROM wallets`,
    ),
    [...evidence.wallets.values()].map((wallet) => ({
      id: owner(wallet),
      revision: wallet.revision.toString(),
      credited: wallet.credited.toString(),
      debited: wallet.debited.toString(),
      reserved: wallet.held.toString(),
    })),
    findings,
  );
  compare(
    'reservations',
    await rowsOf(client, `SELECT reservation_id AS id, message_id, amount::text FROM reservations`),
    [...evidence.wallets.values()]
      .flatMap(({ holds }) => [...holds.values()])
      .filter(({ end }) => end === null)
      .map(({ id, message, amount }) => ({ id, message_id: message, amount: amount.toString() })),
    findings,
  );
  compare(
    'statement',
    await rowsOf(
      client,
      `SELECT customer_id || '/' || mode || '@' || revision AS id, event_id, kind, amount::text, balance_after::text,
              reference, message_id, ${iso('at')}
         FROM statement_lines`,
    ),
    [...evidence.wallets.values()].flatMap(lines),
    findings,
  );
}

/** Times as events write them. */
const iso = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

const rowsOf = async (client: Client, sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows;

const owner = ({ stream }: WalletStory): string => {
  const name = stream.slice('wallet-'.length);
  return name.endsWith('.test') ? `${name.slice(0, -'.test'.length)}/test` : `${name}/live`;
};

function messages({ stories }: Evidence): Row[] {
  return [...stories.values()].map((story) => ({
    id: story.id,
    revision: story.revision.toString(),
    customer_id: story.order['customerId'],
    mode: story.order['mode'],
    status: story.status,
    final: story.final,
    tier: story.tier,
    amount: story.amount,
    charge: story.charge,
    error: story.errorCode,
    sender: story.order['sender'],
    segments: story.order['segments'],
    client_reference: story.order['clientReference'],
    subject_id: story.order['subjectId'],
    created_at: text(story.queued.metadata['at']),
    valid_until: text(story.order['validUntil']),
    dispatched_at: story.dispatchedAt,
    delivered_at: story.deliveredAt,
  }));
}

function lines(wallet: WalletStory): Row[] {
  return wallet.lines.map((line) => ({
    id: `${owner(wallet)}@${line.revision}`,
    event_id: line.eventId,
    kind: line.kind,
    amount: line.amount.toString(),
    balance_after: line.balance.toString(),
    reference: line.reference,
    message_id: line.message,
    at: line.at,
  }));
}

function compare(table: string, rows: readonly Row[], expected: readonly Row[], findings: Findings): void {
  findings.saw(`rows of ${table}`, rows.length);
  const left = new Map(rows.map((row) => [row['id'], row]));
  findings.expect(left.size === rows.length, 'I11', () => `${table} has rows twice`);
  for (const row of expected) {
    const shown = left.get(row['id']);
    left.delete(row['id']);
    const wrong = Object.keys(row).filter((column) => shown?.[column] !== row[column]);
    findings.expect(wrong.length === 0, 'I11', () =>
      shown === undefined
        ? `${table} lacks ${String(row['id'])}`
        : `${table}, ${String(row['id'])}: ${wrong.map((name) => `${name} is ${String(shown[name])}, the log says ${String(row[name])}`).join('; ')}`,
    );
  }
  for (const id of left.keys())
    findings.expect(false, 'I11', () => `${table} has ${String(id)}, of which the log knows nothing`);
}
