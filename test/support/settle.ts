import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { headOfLog } from './checker/log';

/** What is looked at: the tables as a role that sees every row, and the log. */
interface Sources {
  readonly databaseUrl: string;
  readonly eventStoreUrl: string;
}

const LOOK_EVERY_MS = 1_000;
/** Unchanged for so many looks: at rest. */
const CALM_LOOKS = 3;

interface Standing {
  readonly unfinished: number;
  readonly reserved: string;
  readonly audited: string;
  /** Reports whose attempt is not known (yet). */
  readonly unmatched: number;
}

export interface Settled {
  /** What still moved when the time was over; null: all is at rest. */
  readonly open: string | null;
  /** What was waited for last. */
  readonly lastOpen: string;
  readonly unmatchedReports: number;
  readonly afterMs: number;
}

/**
 * Waits until nothing moves any more: every message final, no money held, everything audited. Reports that fit no attempt
 * are waited for a while longer: some come to fit when an attempt is given up, and some fit several for ever.
 */
export async function settle(sources: Sources, withinMs: number, reportsWithinMs: number): Promise<Settled> {
  const started = performance.now();
  const passedMs = (): number => performance.now() - started;
  const client = new Client({ connectionString: sources.databaseUrl });
  await client.connect();
  try {
    let [before, lastOpen] = ['', 'nothing'];
    for (let calm = 0; ;) {
      const now = await standing(client);
      const head = (await headOfLog(sources.eventStoreUrl)).toString();
      const seen = JSON.stringify([now, head]);
      calm = seen === before ? calm + 1 : 0;
      before = seen;
      const moving = describe(now, head);
      lastOpen = moving ?? lastOpen;
      const open = moving ?? (calm < CALM_LOOKS ? 'the log still grows' : null);
      const atRest = open === null && (now.unmatched === 0 || passedMs() > reportsWithinMs);
      if (atRest || passedMs() > withinMs) {
        return { open, lastOpen, unmatchedReports: now.unmatched, afterMs: passedMs() };
      }
      await delay(LOOK_EVERY_MS);
    }
  } finally {
    await client.end();
  }
}

async function standing(client: Client): Promise<Standing> {
  const { rows } = await client.query<Standing>(
    `SELECT (SELECT count(*)::int FROM messages WHERE NOT final) AS unfinished,
            (SELECT coalesce(sum(reserved), 0)::text FROM wallets) AS reserved,
            (SELECT commit_position::text FROM audit_head) AS audited,
            (SELECT count(*)::int FROM receipt_inbox WHERE outcome IS NULL) AS unmatched`,
  );
  return rows[0]!;
}

function describe({ unfinished, reserved, audited }: Standing, head: string): string | null {
  if (unfinished > 0) return `${unfinished} messages are not final`;
  if (reserved !== '0') return `${reserved} of money are still reserved`;
  return audited === head ? null : `audited up to ${audited}, the log ends at ${head}`;
}
