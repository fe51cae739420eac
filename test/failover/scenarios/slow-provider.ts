import { setTimeout as delay } from 'node:timers/promises';
import type { Evidence } from '../../support/checker/evidence';
import { noneLost } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, percentile, type Result, resultOf, type Scenario } from '../scenario';

const SLOW_MS = 30_000;
const PER_SECOND = 15;
const TIMES = {
  quick: { calmMs: 5_000, slowMs: 4_000 },
  full: { calmMs: 30_000, slowMs: 60_000 },
};
/**
 * Messages that never go to the slow provider are taken as quickly as before, 99 of 100: within 5 %, and what a machine that
 * is shared adds. A wall that is noticed late would cost them its second of patience, a missing one the 10 s of its deadline.
 */
const MOST_MORE = 1.05;
const SHARED_MACHINE_MS = 300;
/** 32 places at one provider, of 64 in a process. */
const PLACES = 32;

export const slowProvider: Scenario = {
  name: 'slow-provider',
  about: 'a provider that takes 30 s costs the messages of the others nothing, and its circuit opens',
  inQuick: true,
  run,
};

async function run({ form, folder, say }: Context): Promise<Result> {
  const times = form.quick ? TIMES.quick : TIMES.full;
  const rig = await Rig.start({
    name: 'slow-provider',
    folder,
    validitySeconds: form.quick ? 20 : 60,
    customers: [
      { name: 'north', kes: '50000' },
      { name: 'south', kes: '50000' },
      { name: 'elsewhere', kes: '50000', tiers: ['tier_2', 'tier_3'] },
    ],
  });
  try {
    const flow = rig.customers.flow(2 * PER_SECOND, ['north', 'elsewhere', 'south', 'elsewhere']);
    // As many as would fill every place that one process has, so that a missing wall would be felt; and as many while all
    // is well, so that the same work is compared.
    const burst = (): Promise<unknown> => rig.customers.sendMany(4 * PLACES, 8 * PER_SECOND, ['north', 'south']);
    // A program that has just begun is slower: that is no measure of what comes later.
    await burst();
    const calmFrom = Date.now();
    await Promise.all([burst(), delay(times.calmMs)]);
    say('tier_1 takes 30 s');
    const slowAt = Date.now();
    await rig.sandbox.set(sandboxName('tier_1'), { latency_ms: SLOW_MS });
    const slowBurst = burst();
    const opened = await rig.providers.until('tier_1', ({ type }) => type === 'ProviderDegraded', 60_000);
    await delay(times.slowMs);
    await Promise.all([slowBurst, flow.stop()]);
    const account = await rig.account(noneLost());
    const { findings, evidence } = account;
    const calm = takenAfter(evidence, rig.customers.idOf('elsewhere'), calmFrom, slowAt);
    const slow = takenAfter(evidence, rig.customers.idOf('elsewhere'), slowAt, Number.POSITIVE_INFINITY);
    const [before, during] = [percentile(calm, 0.99), percentile(slow, 0.99)];
    findings.expect(
      during <= before * MOST_MORE + SHARED_MACHINE_MS,
      'bulkhead',
      () => `p99 of the others was ${before} ms, and is ${during} ms beside a slow provider`,
    );
    findings.expect(opened !== null, 'bulkhead', () => 'its circuit did not open');
    const openedMs = (opened?.storedAt ?? 0) - slowAt;
    return resultOf(account, {
      messages: evidence.stories.size,
      "others' accept to taken, before, ms": `p50 ${percentile(calm, 0.5)}, p99 ${before} of ${calm.length}`,
      "others' accept to taken, beside it, ms": `p50 ${percentile(slow, 0.5)}, p99 ${during} of ${slow.length}`,
      'stated bound, ms': `p99 before + 5 % + ${SHARED_MACHINE_MS}`,
      'circuit opened, s': Math.round(openedMs / 100) / 10,
    });
  } finally {
    await rig.stop();
  }
}

/** Milliseconds from accept to a provider's acceptance, of one customer's messages accepted in this time. */
function takenAfter({ stories }: Evidence, customer: string, fromMs: number, toMs: number): number[] {
  return [...stories.values()]
    .filter(({ order }) => order['customerId'] === customer)
    .filter(({ queued }) => queued.storedAt >= fromMs && queued.storedAt < toMs)
    .flatMap(({ attempts, queued }) =>
      attempts.filter(({ result }) => result === 'accepted').map(({ endedAt }) => (endedAt ?? 0) - queued.storedAt),
    );
}
