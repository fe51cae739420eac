import { setTimeout as delay } from 'node:timers/promises';
import type { Evidence } from '../../support/checker/evidence';
import type { Findings } from '../../support/checker/findings';
import { type LogEvent, text } from '../../support/checker/log';
import { noneLost } from '../ends';
import { sandboxName, type TierName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

/** How a provider dies, by a name for the person who reads. */
const DEATHS = {
  refuse: { outage: 'refuse' },
  '503': { outage: '503' },
  reset: { outage: 'reset' },
  'error-in-200': { answer: 'error_in_200' },
  'hangs-before': { hang: 'before_accept' },
  'hangs-after': { hang: 'after_accept' },
} as const;
export type Death = keyof typeof DEATHS;

const NOTICED_WITHIN_MS = 60_000;
const FIRST_COOL_DOWN_MS = 15_000;
/** Calls that were on their way when the circuit opened. */
const CALMED_AFTER_MS = 2_000;
const STEPS = [5, 25, 50, 100];
/** Of a step's messages, where there are enough to say. */
const ENOUGH_FOR_A_SHARE = 60;

const TIMES = {
  quick: {
    perSecond: 12,
    returningPerSecond: 40,
    validitySeconds: 14,
    deadlineMs: 1_500,
    healthyMs: 3_000,
    deadMs: 2_500,
    bothMs: 2_500,
    backWithinMs: 75_000,
  },
  full: {
    perSecond: 20,
    returningPerSecond: 20,
    validitySeconds: 150,
    deadlineMs: 10_000,
    healthyMs: 15_000,
    deadMs: 17_000,
    bothMs: 5_000,
    backWithinMs: 400_000,
  },
};

interface Moments {
  readonly diedAt: number;
  readonly degraded: LogEvent | null;
  readonly secondDegraded: LogEvent | null;
  readonly secondDiedAt: number;
  readonly recoveredAt: number;
  readonly back: LogEvent | null;
  readonly endedAt: number;
}

/** tier_1 dies, then tier_2 too; both come back. */
export function outage(first: Death, second: Death, inQuick: boolean): Scenario {
  return {
    name: `outage-${first}`,
    about: `tier_1 dies (${first}), then tier_2 (${second}); tier_3 carries; both come back`,
    inQuick,
    run: (context) => run(first, second, context),
  };
}

async function run(first: Death, second: Death, { form, folder, say }: Context): Promise<Result> {
  const times = form.quick ? TIMES.quick : TIMES.full;
  const rig = await Rig.start({
    name: `outage-${first}`,
    folder,
    validitySeconds: times.validitySeconds,
    customers: ['north', 'south', 'coast'].map((name) => ({ name, kes: '50000' })),
    // A message that found no place anywhere must come again well within its validity, which is minutes at least elsewhere.
    env: { PROVIDER_DEADLINE_MS: String(times.deadlineMs), ...(form.quick ? { WAIT_RETRY_MS: '3000' } : {}) },
  });
  try {
    const { sandbox, providers, customers } = rig;
    const flow = customers.flow(times.perSecond);
    await delay(times.healthyMs);
    say(`tier_1: ${first}`);
    const diedAt = Date.now();
    await sandbox.set(sandboxName('tier_1'), DEATHS[first]);
    const degraded = await providers.until('tier_1', isDegraded, NOTICED_WITHIN_MS);
    await delay(times.deadMs);
    say(`tier_2: ${second}`);
    const secondDiedAt = Date.now();
    await sandbox.set(sandboxName('tier_2'), DEATHS[second]);
    const secondDegraded = await providers.until('tier_2', isDegraded, NOTICED_WITHIN_MS);
    await delay(times.bothMs);
    say('both recover');
    const recoveredAt = Date.now();
    // A step of the way back takes so many successes: more traffic, sooner over.
    flow.pace(times.returningPerSecond);
    await Promise.all([sandbox.reset(sandboxName('tier_2')), sandbox.reset(sandboxName('tier_1'))]);
    const back = await providers.until('tier_1', isBack, times.backWithinMs);
    await delay(3_000);
    const endedAt = Date.now();
    await flow.stop();
    say('waiting until nothing moves');
    const account = await rig.account(noneLost());
    const moments = { diedAt, degraded, secondDegraded, secondDiedAt, recoveredAt, back, endedAt };
    return resultOf(account, judge(rig, account, moments));
  } finally {
    await rig.stop();
  }
}

const isDegraded = ({ type }: LogEvent): boolean => type === 'ProviderDegraded';
const isBack = ({ type, data }: LogEvent): boolean => type === 'ProviderRecovered' && data['sharePercent'] === 100;

function judge(
  rig: Rig,
  { evidence, findings }: { evidence: Evidence; findings: Findings },
  moments: Moments,
): Result['figures'] {
  const { diedAt, degraded, secondDegraded, secondDiedAt, recoveredAt, back, endedAt } = moments;
  const noticedMs = noticedAfter('tier_1', diedAt, degraded, evidence, findings);
  const secondNoticedMs = noticedAfter('tier_2', secondDiedAt, secondDegraded, evidence, findings);
  const calmAt = (degraded?.storedAt ?? diedAt) + CALMED_AFTER_MS;
  const away = rig.providers.between(calmAt, recoveredAt);
  const trials = 1 + Math.floor((recoveredAt - diedAt) / FIRST_COOL_DOWN_MS);
  findings.expect(
    away.tier_1 <= trials,
    'trickle',
    () => `${away.tier_1} requests at the dead tier_1, ${trials} trials at most`,
  );
  const carriedAt = (secondDegraded?.storedAt ?? secondDiedAt) + CALMED_AFTER_MS / 2;
  const carried = rig.providers.between(carriedAt, recoveredAt);
  findings.expect(carried.tier_3 > 0, 'carried', () => 'tier_3 carried nothing while both others were dead');
  findings.expect(back !== null, 'return', () => 'tier_1 is not back');
  const after = rig.providers.between((back?.storedAt ?? endedAt) + 500, endedAt);
  const all = after.tier_1 + after.tier_2 + after.tier_3;
  findings.expect(after.tier_1 >= 0.9 * all, 'return', () => `tier_1 is back, and gets ${after.tier_1} of ${all}`);
  return {
    messages: evidence.stories.size,
    'tier_1 noticed, s after its first failed call': seconds(noticedMs),
    'tier_2 noticed, s': seconds(secondNoticedMs),
    'requests at tier_1 while it was away': `${away.tier_1} in ${seconds(recoveredAt - calmAt)} s`,
    'tier_3 carried while both were dead': `${carried.tier_3} in ${seconds(recoveredAt - carriedAt)} s`,
    'back, s after its recovery': seconds((back?.storedAt ?? endedAt) - recoveredAt),
    'shares on the way back': shares(evidence, findings),
  };
}

/** Milliseconds from its first failed call to the event that says so. */
function noticedAfter(
  tier: TierName,
  diedAt: number,
  degraded: LogEvent | null,
  { stories }: Evidence,
  findings: Findings,
): number {
  const failed = [...stories.values()]
    .flatMap(({ attempts }) => attempts)
    .filter((one) => one.tier === tier && one.endedAt !== null && one.endedAt >= diedAt - 50)
    .filter((one) => one.refusal !== null || one.unknownBecause !== null);
  const firstAt = Math.min(...failed.map(({ startedAt }) => startedAt));
  const afterMs = (degraded?.storedAt ?? Number.POSITIVE_INFINITY) - firstAt;
  findings.expect(afterMs <= NOTICED_WITHIN_MS, 'noticed', () => `${tier}: ProviderDegraded after ${afterMs} ms`);
  return afterMs;
}

/** Each step is an event, in order; between two of them tier_1 gets about the share that the first one says. */
function shares(evidence: Evidence, findings: Findings): string {
  const events = evidence.byStream.get(`provider-${sandboxName('tier_1')}`) ?? [];
  const last = events.findLastIndex(isDegraded);
  const steps = events.slice(last + 1);
  const percents = steps.map(({ data }) => Number(data['sharePercent']));
  findings.expect(
    percents.join() === STEPS.join(),
    'return',
    () => `tier_1 came back by the steps ${percents.join(', ')}`,
  );
  const seen = steps.map((step, index) => {
    const next = steps[index + 1];
    const [fromMs, untilMs] = [changedAt(step), next === undefined ? Number.POSITIVE_INFINITY : changedAt(next)];
    const firsts = [...evidence.stories.values()]
      .flatMap(({ attempts }) => attempts.slice(0, 1))
      .filter(({ startedAt }) => startedAt >= fromMs && startedAt < untilMs);
    const share = firsts.filter(({ tier }) => tier === 'tier_1').length / firsts.length;
    const percent = percents[index] ?? 0;
    const fits = Math.abs(100 * share - percent) <= 5 + percent / 2;
    findings.expect(
      fits || firsts.length < ENOUGH_FOR_A_SHARE,
      'return',
      () => `at ${percent} % tier_1 got ${Math.round(100 * share)} % of ${firsts.length} messages`,
    );
    return `${percent} %: ${Math.round(100 * share)} % of ${firsts.length}`;
  });
  const causes = new Set(events.map(({ data }) => text(data['cause'])));
  return `${seen.join('; ')} (${[...causes].join(', ')})`;
}

/** By the clock of the process that changed it, as attempts begin: it is stored a little later. */
const changedAt = ({ metadata }: LogEvent): number => Date.parse(text(metadata['at']));

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
