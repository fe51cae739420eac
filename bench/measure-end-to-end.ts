import { Client } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { freshRecipients, messageTo } from './load';
import { sendAll } from './send-all';
import { round } from './statistics';

export interface EndToEnd {
  readonly messages: number;
  readonly acceptPerS: number;
  /** Accepted to delivered, audited and projected, over the whole run. */
  readonly perS: number;
  readonly delivered: number;
}

const CONNECTIONS = 64;
const GIVE_UP_AFTER_MS = 240_000;
/**
 * A count reads every row, on the cores that are being measured. The next one is made when a quarter of what is left should
 * be done at the pace so far, which is that of accepting too: what waits goes quicker once nothing more comes.
 */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Sends `amount` messages as fast as 64 connections go, and waits until each is delivered in the read model and in the audit log. */
export async function measureEndToEnd(
  url: string,
  keys: readonly string[],
  databaseUrl: string,
  amount: number,
): Promise<EndToEnd> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const before = await deliveredAndAudited(client);
    const start = performance.now();
    const first = freshRecipients(amount);
    const accepting = await sendAll(url, CONNECTIONS, amount, (n) => ({
      method: 'POST',
      path: '/v1/messages',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keys[n % keys.length] ?? ''}` },
      body: messageTo(first + n, n),
    }));
    let now = await deliveredAndAudited(client);
    while (now - before < amount) {
      if (performance.now() - start > GIVE_UP_AFTER_MS)
        throw new Error(`end to end: ${now - before} of ${amount} delivered in time`);
      const msEach = (performance.now() - start) / Math.max(1, now - before);
      const quarterMs = (msEach * (amount - (now - before))) / 4;
      await delay(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, quarterMs)));
      now = await deliveredAndAudited(client);
    }
    const seconds = (performance.now() - start) / 1000;
    return {
      messages: amount,
      acceptPerS: Math.round(amount / accepting),
      perS: round(amount / seconds, 1),
      delivered: now - before,
    };
  } finally {
    await client.end();
  }
}

/** The smaller of the two counts: a message is done when both have it. */
async function deliveredAndAudited(client: Client): Promise<number> {
  const result = await client.query<{ delivered: string; audited: string }>(
    `SELECT (SELECT count(*) FROM messages WHERE status = 'delivered') AS delivered,
            (SELECT count(*) FROM audit_log WHERE type = 'MessageDelivered') AS audited`,
  );
  const row = result.rows[0];
  return Math.min(Number(row?.delivered ?? 0), Number(row?.audited ?? 0));
}
