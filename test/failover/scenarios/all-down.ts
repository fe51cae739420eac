import { setTimeout as delay } from 'node:timers/promises';
import type { Evidence } from '../../support/checker/evidence';
import type { Findings } from '../../support/checker/findings';
import type { Story } from '../../support/checker/message-story';
import { noneLost } from '../ends';
import { sandboxName, TIERS } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

const TIMES = {
  quick: { patient: 90, doomed: 20, perSecond: 12, validitySeconds: 25, drainWithinMs: 90_000 },
  full: { patient: 1_500, doomed: 200, perSecond: 15, validitySeconds: 180, drainWithinMs: 300_000 },
};
/** Messages of one age are sent side by side: only what was older by so much has to come first. */
const OLDER_BY_MS = 3_000;
const MOST_OUT_OF_ORDER = 0.02;
/** Longer than anybody is away. */
const PATIENCE = { valid_for_seconds: 3_600 };

/** Nobody takes anything; accepted messages wait. */
export const allDown: Scenario = {
  name: 'all-down',
  about:
    'all tiers down: messages are accepted, wait with their money, and drain oldest first or end by their validity',
  inQuick: true,
  run,
};

async function run({ form, folder, say }: Context): Promise<Result> {
  const times = form.quick ? TIMES.quick : TIMES.full;
  const rig = await Rig.start({
    name: 'all-down',
    folder,
    validitySeconds: times.validitySeconds,
    customers: [
      { name: 'north', kes: '50000' },
      { name: 'south', kes: '50000' },
      // Those whose messages have no time left when somebody is back are routed to a tier that stays away.
      { name: 'doomed', kes: '50000', tiers: ['tier_1'] },
    ],
  });
  try {
    const { sandbox, customers } = rig;
    for (const tier of TIERS) await sandbox.set(sandboxName(tier), { outage: 'refuse' });
    say('all tiers are down');
    await Promise.all([
      customers.sendMany(times.patient, times.perSecond, ['north', 'south'], PATIENCE),
      customers.sendMany(times.doomed, times.perSecond, ['doomed']),
    ]);
    await delay(2_000);
    const held = await Promise.all(['north', 'south', 'doomed'].map((name) => customers.balance(name)));
    say('tier_3 is back');
    const backAt = Date.now();
    await sandbox.reset(sandboxName('tier_3'));
    await drained(rig, times.patient, times.drainWithinMs);
    const drainedAt = Date.now();
    say('waiting for the end of what can no longer go');
    const account = await rig.account(noneLost({ mayExpire: ({ order }) => hasOnly(order['candidates'], 'tier_1') }));
    const { evidence, findings } = account;
    const reserved = held.reduce((sum, { reserved_kes: kes }) => sum + kes, 0);
    checkReserved(reserved, evidence, findings);
    return resultOf(account, {
      messages: evidence.stories.size,
      'KES held while they waited': Math.round(reserved * 10) / 10,
      'drained, s after the first tier was back': Math.round((drainedAt - backAt) / 100) / 10,
      'overtaken by a younger one': order(evidence, backAt, findings),
    });
  } finally {
    await rig.stop();
  }
}

const hasOnly = (tiers: unknown, tier: string): boolean =>
  Array.isArray(tiers) && tiers.length === 1 && tiers[0] === tier;

async function drained(rig: Rig, count: number, withinMs: number): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await delay(500)) {
    const copies = await rig.sandbox.providers();
    if (copies.reduce((sum, { accepted }) => sum + accepted, 0) >= count) return;
  }
}

/** While nobody takes them, each message holds what it was quoted, or more since a dearer tier was tried. */
function checkReserved(reservedKes: number, { stories }: Evidence, findings: Findings): void {
  const quoted = [...stories.values()]
    .map(({ order }) => Number((order['quote'] as { amount: string }).amount))
    .reduce((sum, amount) => sum + amount, 0);
  const fits = Math.round(reservedKes * 10_000) >= quoted;
  findings.expect(fits, 'money', () => `KES ${reservedKes} are held, ${quoted / 10_000} were quoted`);
}

/** The share that somebody overtook who was accepted well after them. */
function order({ stories }: Evidence, backAt: number, findings: Findings): string {
  const waited = [...stories.values()]
    .filter(({ queued, attempts }) => queued.storedAt < backAt && takenAt(attempts) !== null)
    .sort((one, other) => (takenAt(one.attempts) ?? 0) - (takenAt(other.attempts) ?? 0));
  let [youngest, overtaken] = [0, 0];
  for (const { queued } of waited) {
    if (queued.storedAt + OLDER_BY_MS < youngest) overtaken += 1;
    youngest = Math.max(youngest, queued.storedAt);
  }
  const most = Math.ceil(waited.length * MOST_OUT_OF_ORDER);
  findings.expect(overtaken <= most, 'order', () => `${overtaken} of ${waited.length} were overtaken, ${most} may be`);
  findings.expect(waited.length > 0, 'order', () => 'nothing that had waited was taken');
  return `${overtaken} of ${waited.length}`;
}

/** When a provider accepted it; null: none did. */
const takenAt = (attempts: Story['attempts']): number | null =>
  attempts.find(({ result }) => result === 'accepted')?.endedAt ?? null;
