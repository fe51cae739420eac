import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, openAccounts } from './accounts';
import { check } from '../support/checker/check';
import type { Finding } from '../support/checker/findings';
import { Credits } from './credits';
import { endUnder } from './ends';
import { type Fleet, startFleet } from './fleet';
import { Journal } from '../support/journal';
import { Load } from './load';
import { ProviderFaults } from './provider-faults';
import { Random } from '../support/random';
import { deck, Schedule } from './schedule';
import { type Settled, settle } from '../support/settle';

export interface Form {
  readonly kills: number;
  /** Processes held or restarted besides. */
  readonly others: number;
  /** Requests of so many customers' programs at once, each pausing about so long. */
  readonly lanes: number;
  readonly pauseMs: number;
  /** No stroke begins after this. */
  readonly strikeForMs: number;
  readonly longestPauseMs: number;
  readonly longestStallMs?: number;
  readonly creditEveryMs: number;
  readonly validitySeconds: number;
  readonly settleWithinMs: number;
  /** Reports that fit no attempt are waited for this long. */
  readonly reportsWithinMs: number;
}

export const FULL: Form = {
  kills: 63,
  others: 27,
  lanes: 16,
  pauseMs: 220,
  strikeForMs: 540_000,
  longestPauseMs: 2_500,
  creditEveryMs: 8_000,
  validitySeconds: 45,
  settleWithinMs: 180_000,
  reportsWithinMs: 100_000,
};
export const QUICK: Form = {
  kills: 7,
  others: 5,
  lanes: 8,
  pauseMs: 200,
  strikeForMs: 45_000,
  longestPauseMs: 800,
  longestStallMs: 4_000,
  creditEveryMs: 4_000,
  validitySeconds: 12,
  settleWithinMs: 45_000,
  reportsWithinMs: 12_000,
};

const REPORT_GRACE_S = 3;

export interface Outcome {
  readonly seed: number;
  readonly findings: readonly Finding[];
  /** How often each rule was broken. */
  readonly totals: Readonly<Record<string, number>>;
  /** What the checker saw. */
  readonly looked: Readonly<Record<string, number>>;
  readonly strokes: Schedule['done'];
  readonly providerFaults: number;
  readonly ownDeaths: readonly { readonly name: string; readonly words: string }[];
  readonly slowestReturnMs: Readonly<Record<string, number>>;
  readonly settled: Settled;
  /** The journal and the logs of all processes; kept where something was found. */
  readonly folder: string;
}

/**
 * The program under mixed load while its processes are killed, held and restarted by chance; then the checker's account.
 * @param folder where journal and logs go; emptied first.
 */
export async function runFaults(
  form: Form,
  seed: number,
  folder: string,
  say: (line: string) => void,
): Promise<Outcome> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const journal = new Journal(join(folder, 'journal.jsonl'));
  const random = new Random(seed);
  say(`seed ${seed}: starting`);
  const fleet = await startFleet({
    DEFAULT_VALIDITY_SECONDS: String(form.validitySeconds),
    REPORT_GRACE_SECONDS: String(REPORT_GRACE_S),
    PROVIDER_DEADLINE_MS: '2000',
    RETRY_DELAYS_MS: '300,800',
    WAIT_RETRY_MS: '1000',
    RESERVATION_EXAMINE_AFTER_MS: '3000',
  });
  let load: Load | undefined;
  try {
    const accounts = await openAccounts(fleet.stack);
    say(`${accounts.length} accounts are open; the load begins`);
    load = new Load(fleet.bases, accounts, journal, random.fork('load'), form);
    const { strokes, providerFaults } = await strikeUnder(load, accounts, fleet, form, random, journal, say);
    say('all is running again; waiting until nothing moves');
    const settled = await settle(fleet, form.settleWithinMs, form.reportsWithinMs);
    await load.lookAround();
    journal.close();
    say('checking');
    const sources = { ...fleet, journal: journal.path };
    const { findings, evidence } = await check(sources, (seen) => endUnder(seen.journal.faults));
    findings.expect(settled.open === null, 'rest', () => `after ${settled.afterMs} ms: ${settled.open}`);
    if (findings.all.length > 0) {
      fleet.saveLogs(join(folder, 'logs'));
      writeFileSync(join(folder, 'events.jsonl'), evidence.log.map((event) => `${inJson(event)}\n`).join(''));
    }
    return {
      seed,
      findings: findings.all,
      totals: findings.totals(),
      looked: findings.looked,
      strokes,
      providerFaults,
      settled,
      folder,
      ownDeaths: fleet.ownDeaths,
      slowestReturnMs: Object.fromEntries(
        [...fleet.victims].map(([name, { slowestMs }]) => [name, Math.round(slowestMs)]),
      ),
    };
  } catch (error) {
    fleet.saveLogs(join(folder, 'logs'));
    throw error;
  } finally {
    await load?.close();
    await fleet.stop();
  }
}

/** All strokes under load; afterwards every process serves again, and each wish of a customer has its answer. */
async function strikeUnder(
  load: Load,
  accounts: readonly Account[],
  fleet: Fleet,
  form: Form,
  random: Random,
  journal: Journal,
  say: (line: string) => void,
): Promise<{ strokes: Schedule['done']; providerFaults: number }> {
  const poor = accounts.find(({ name }) => name === 'hot')!;
  const credits = new Credits(poor, fleet.stack.env, journal, random.fork('credits'), form.creditEveryMs);
  const faults = new ProviderFaults(fleet.sandboxUrl, journal, random.fork('providers'));
  let failed: PromiseRejectedResult | undefined;
  const schedule = new Schedule(fleet, journal, random.fork('strokes'), form, say);
  try {
    await schedule.run(deck(form.kills, form.others, random.fork('deck')), performance.now() + form.strikeForMs);
  } finally {
    // Each is ended whatever became of the others, or a run that failed would never end.
    const ends = await Promise.allSettled([faults.stop()]);
    ends.push(...(await Promise.allSettled([...fleet.victims.values()].map((victim) => victim.ready()))));
    ends.push(...(await Promise.allSettled([credits.stop()])));
    ends.push(...(await Promise.allSettled([load.spendAll(poor)])));
    ends.push(...(await Promise.allSettled([load.stop()])));
    failed = ends.find((end) => end.status === 'rejected');
  }
  if (failed !== undefined) throw failed.reason;
  return { strokes: schedule.done, providerFaults: faults.thrown };
}

const inJson = (event: object): string =>
  JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
