import { setTimeout as delay } from 'node:timers/promises';
import type { Evidence } from '../../support/checker/evidence';
import type { Findings } from '../../support/checker/findings';
import { type Contract, FAULTY, type Phase, phasesOf, type Refusal } from '../contracts';
import { misfortunesOf, noneLost, path, wasRefused } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

const SHARE = 0.05;
/** One fault of each kind at least. */
const FEWEST_A_PHASE = Math.ceil(1 / SHARE) + 2;
const PER_SECOND = { quick: 60, full: 80 };
/** So that the requests of one phase do not meet the next one's fault. */
const ARRIVE_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 120_000;
const NOT_DELIVERED = ['P', 'U', 'report'];

interface Met extends Phase {
  /** Requests at tier_1 while it lasted, by the sandbox's own count. */
  readonly requests: number;
}

/** 5 % faults of every kind at one simulator as tier_1, none at the others. */
export function mixedFaults(contract: Contract, inQuick: boolean): Scenario {
  const { adapter } = contract;
  return {
    name: `mixed-faults-${adapter}`,
    about: `5 % faults at tier_1 (${adapter}) of every kind in its contract but F!, none at tiers 2 and 3`,
    inQuick,
    run: (context) => run(contract, context),
  };
}

async function run(contract: Contract, { form, folder, say }: Context): Promise<Result> {
  const { adapter } = contract;
  const rig = await Rig.start({
    name: `mixed-faults-${adapter}`,
    folder,
    validitySeconds: form.quick ? 20 : 120,
    customers: ['north', 'south', 'coast'].map((name) => ({ name, kes: '50000' })),
    adapters: [adapter, 'africastalking', 'infobip'],
    env: form.quick ? { PROVIDER_DEADLINE_MS: '1500' } : {},
  });
  try {
    const phases = phasesOf(contract, SHARE);
    const each = Math.max(FEWEST_A_PHASE, Math.ceil(form.messages / phases.length));
    const met: Met[] = [];
    for (const [index, phase] of phases.entries()) {
      await rig.sandbox.reset(sandboxName(FAULTY));
      await back(rig);
      const before = (await rig.providers.requests())[FAULTY];
      await rig.sandbox.set(sandboxName(FAULTY), phase.state);
      await rig.customers.sendMany(each, form.quick ? PER_SECOND.quick : PER_SECOND.full);
      met.push({ ...phase, requests: await arrived(rig, before, each) });
      if ((index + 1) % 10 === 0) say(`${index + 1} of ${phases.length} kinds of faults`);
    }
    await rig.sandbox.reset(sandboxName(FAULTY));
    const account = await rig.account(noneLost());
    return resultOf(account, judge(contract, met, account.evidence, account.findings));
  } finally {
    await rig.stop();
  }
}

/** Where a fault has opened its circuit, the next one is not met before its traffic is back: that takes messages, too. */
async function back({ providers, customers }: Rig): Promise<void> {
  const isAway = async (): Promise<boolean> => {
    const last = (await providers.events(FAULTY)).at(-1);
    return last !== undefined && !(last.type === 'ProviderRecovered' && last.data['sharePercent'] === 100);
  };
  if (!(await isAway())) return;
  const flow = customers.flow(PER_SECOND.full);
  for (const deadline = performance.now() + BACK_WITHIN_MS; performance.now() < deadline; await delay(250))
    if (!(await isAway())) break;
  await flow.stop();
}

/** Waits until so many requests have come since. @returns how many have. */
async function arrived(rig: Rig, before: number, count: number): Promise<number> {
  for (const deadline = performance.now() + ARRIVE_WITHIN_MS; ; await delay(50)) {
    const requests = (await rig.providers.requests())[FAULTY] - before;
    if (requests >= count || performance.now() > deadline) return requests;
  }
}

function judge(contract: Contract, met: readonly Met[], evidence: Evidence, findings: Findings): Result['figures'] {
  const stories = [...evidence.stories.values()];
  const lost = stories.filter(({ status }) => status !== 'delivered');
  const given = met
    .filter(({ gives }) => gives !== null && NOT_DELIVERED.includes(gives))
    .reduce((sum, { requests, neighbours }) => sum + neighbours * Math.ceil(SHARE * requests), 0);
  findings.expect(lost.length <= given, 'share', () => `${lost.length} are not delivered, ${given} faults allow it`);
  for (const story of stories) {
    const other = story.attempts.find((one) => one.tier !== FAULTY && one.result !== 'accepted');
    findings.expect(other === undefined, 'tiers', () => `${story.id} met a fault where there is none: ${path(story)}`);
  }
  for (const refusal of contract.refusals) checkClass(refusal, evidence, findings);
  const onlyRefused = stories.filter((story) => wasRefused(story) && misfortunesOf(story).size === 0);
  const moves = (evidence.byStream.get(`provider-${sandboxName(FAULTY)}`) ?? []).map(({ type }) => type);
  return {
    messages: stories.length,
    'kinds of faults': met.length,
    'requests at tier_1': met.reduce((sum, { requests }) => sum + requests, 0),
    'met R or F only, all delivered': onlyRefused.length,
    'not delivered': `${lost.length} of at most ${given}`,
    'moves of tier_1': moves.length === 0 ? 'none' : moves.join(', '),
  };
}

/** Each code was met, and read as its contract says. */
function checkClass({ logged, class: wanted }: Refusal, { stories }: Evidence, findings: Findings): void {
  const attempts = [...stories.values()].flatMap((story) => story.attempts);
  if (wanted === 'U') return;
  const seen = attempts.filter(({ refusal }) => refusal?.code === logged);
  const classes = new Set(seen.map(({ refusal }) => refusal?.class));
  findings.saw(`codes of class ${wanted}`);
  const fits = classes.size === 1 && classes.has(wanted);
  findings.expect(
    fits,
    'codes',
    () => `${logged} was met ${seen.length} times as ${[...classes].join(', ')}, not ${wanted}`,
  );
}
