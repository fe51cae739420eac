import { setTimeout as delay } from 'node:timers/promises';
import type { Evidence } from '../../support/checker/evidence';
import { noneLost } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

/** Reports as no provider should send them; each with what it may leave behind. */
const REPORTS = [
  { report: { contradict: true }, ends: ['delivered'] },
  { report: { contradict: true, copies: 3 }, ends: ['delivered'] },
  { report: { reorder: true, copies: 2 }, ends: ['delivered'] },
  { report: { before_answer: true, contradict: true }, ends: ['delivered'] },
  { report: { delay_ms: 800, copies: 3, reorder: true, contradict: true }, ends: ['delivered'] },
  // A failure may still become a delivery; the money stays where it was.
  { report: { outcome: 'undelivered', contradict: true }, ends: ['delivered'] },
  { report: { outcome: 'undelivered', copies: 3 }, ends: ['failed'] },
] as const;
const KES_A_MESSAGE = 0.8;
/** What still comes after a report that contradicts. */
const LATE_MS = 1_800;

/** Duplicates, disorder and contradictions among the receipts. */
export const contradictions: Scenario = {
  name: 'contradictory-receipts',
  about: 'receipts that contradict, repeat and overtake each other move no state backwards and no money',
  inQuick: true,
  run,
};

async function run({ form, folder, say }: Context): Promise<Result> {
  const each = form.quick ? 20 : 150;
  const customers = REPORTS.map((_, index) => ({ name: `reports-${index}`, kes: '1000' }));
  const rig = await Rig.start({ name: 'contradictory-receipts', folder, customers, validitySeconds: 20 });
  try {
    const spent: number[] = [];
    for (const [index, { report }] of REPORTS.entries()) {
      const { name } = customers[index]!;
      say(JSON.stringify(report));
      await rig.sandbox.reset(sandboxName('tier_1'));
      await rig.sandbox.set(sandboxName('tier_1'), { report });
      await rig.customers.sendMany(each, 40, [name]);
      await delay(LATE_MS);
      spent.push(1_000 - (await rig.customers.balance(name)).available_kes);
    }
    // The health of a provider is judged by its reports: what these did to it is no concern of the ends below.
    const account = await rig.account(noneLost({ liars: true }));
    const { findings, evidence } = account;
    const ends = REPORTS.map((kind, index) => endsOf(rig.customers.idOf(customers[index]!.name), evidence, kind.ends));
    for (const [index, { counts, other }] of ends.entries()) {
      const what = JSON.stringify(REPORTS[index]);
      findings.expect(other === 0, 'states', () => `${what} left ${counts}`);
      const wanted = each * KES_A_MESSAGE;
      const cost = spent[index] ?? 0;
      findings.expect(Math.abs(cost - wanted) < 1e-6, 'money', () => `${what} cost ${cost}, not ${wanted}`);
    }
    return resultOf(account, {
      messages: evidence.stories.size,
      ...Object.fromEntries(ends.map(({ counts }, index) => [JSON.stringify(REPORTS[index]!.report), counts])),
    });
  } finally {
    await rig.stop();
  }
}

function endsOf(
  customer: string,
  { stories }: Evidence,
  allowed: readonly string[],
): { counts: string; other: number } {
  const statuses = [...stories.values()]
    .filter(({ order }) => order['customerId'] === customer)
    .map(({ status, charge }) => `${status} ${charge}`);
  const counts = [...new Set(statuses)].map((one) => `${one} ${statuses.filter((other) => other === one).length}`);
  const other = statuses.filter((one) => !allowed.some((end) => one === `${end} charged`)).length;
  return { counts: counts.join(', '), other };
}
