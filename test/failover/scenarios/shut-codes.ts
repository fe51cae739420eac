import { setTimeout as delay } from 'node:timers/promises';
import type { Story } from '../../support/checker/message-story';
import type { Contract, Shutting } from '../contracts';
import { noneLost, path } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

/** Different numbers of one prefix that a provider has to refuse before the prefix is shut there. */
const NUMBERS_TO_SHUT_A_PREFIX = 3;
const CASE_WITHIN_MS = 20_000;
/** Messages a second while a provider comes back, and how long that may take. */
const COME_BACK_PER_SECOND = 80;
const COME_BACK_WITHIN_MS = 180_000;

interface Case extends Shutting {
  /** The customer whose messages meet it; each has a sender of its own. */
  readonly name: string;
  /** Of the numbers that meet it. */
  readonly prefix: string;
}

/** Each F! code by itself: what it concerns is shut, the message goes on, and nothing else is moved. */
export function shutCodes(contract: Contract): Scenario {
  const { adapter } = contract;
  return {
    name: `shut-codes-${adapter}`,
    about: `each F! code of ${adapter} by itself shuts what it concerns and no more`,
    inQuick: false,
    run: (context) => run(contract, context),
  };
}

async function run({ adapter, shutting }: Contract, { folder, say }: Context): Promise<Result> {
  const cases = shutting.map((each, index) => ({ ...each, name: `case-${index}`, prefix: `+25472${index}` }));
  const rig = await Rig.start({
    name: `shut-codes-${adapter}`,
    folder,
    validitySeconds: 60,
    customers: [
      ...cases.map(({ name }, index) => ({ name, kes: '50000', sender: `SHOP${index}` })),
      { name: 'others', kes: '50000' },
    ],
    adapters: [adapter, 'africastalking', 'infobip'],
  });
  try {
    const shown: string[] = [];
    const found: string[] = [];
    // An account's code shuts everything there: what shuts less comes first.
    for (const one of [...cases].sort((a, b) => Number(a.scope === 'account') - Number(b.scope === 'account'))) {
      say(`${one.code} (${one.scope})`);
      const wrong = await show(one, rig);
      if (wrong === null) shown.push(`${one.code} ${one.scope}`);
      else found.push(`${one.code} (${one.scope}): ${wrong}`);
    }
    const account = await rig.account(noneLost());
    const { findings, evidence } = account;
    for (const what of found) findings.expect(false, 'shut', () => what);
    const stories = [...evidence.stories.values()];
    for (const one of cases) {
      const wrong = stories
        .filter(({ order }) => order['customerId'] === rig.customers.idOf(one.name))
        .find(isWrong(one));
      findings.expect(wrong === undefined, 'codes', () => `${one.code}: ${wrong === undefined ? '' : path(wrong)}`);
    }
    return resultOf(account, { messages: stories.length, 'codes shown': shown.join(', ') });
  } finally {
    await rig.stop();
  }
}

/** A refusal at tier_1 that is read as another class, scope or code than its contract says. */
const isWrong =
  ({ logged, scope }: Case) =>
  ({ attempts }: Story): boolean =>
    attempts.some(
      ({ refusal }) =>
        refusal !== null && (refusal.class !== 'F!' || refusal.scope !== scope || refusal.code !== logged),
    );

/** @returns what was not as it has to be; null where all was. */
async function show(one: Case, rig: Rig): Promise<string | null> {
  const { providers, sandbox } = rig;
  const events = (await providers.events('tier_1')).length;
  await sandbox.set(sandboxName('tier_1'), { errors: [{ code: one.code, share: 1 }] });
  const needed = one.scope === 'destination' ? NUMBERS_TO_SHUT_A_PREFIX : 1;
  for (let n = 0; n < needed; n++) {
    if ((await carriedBy(rig, one.name, one.prefix)) !== 'tier_2') return 'tier_2 did not carry the message';
  }
  await sandbox.reset(sandboxName('tier_1'));
  if (one.scope === 'account') return comesBack(rig, events);
  // Another number of the sender's, or of the prefix: not asked there any more.
  if ((await carriedBy(rig, one.name, one.prefix)) !== 'tier_2') return 'what it concerns was not shut';
  if ((await carriedBy(rig, 'others', '+25471')) !== 'tier_1') return 'others were moved by it';
  return (await providers.events('tier_1')).length === events ? null : 'the whole provider was moved by it';
}

/** The circuit opened, and traffic comes back once the account is in order. */
async function comesBack({ customers, providers }: Rig, before: number): Promise<string | null> {
  const opened = await newEvent(before, 'ProviderDegraded', CASE_WITHIN_MS);
  if (!opened) return 'its circuit did not open';
  const flow = customers.flow(COME_BACK_PER_SECOND, ['others']);
  try {
    const back = await newEvent(before, 'ProviderRecovered', COME_BACK_WITHIN_MS, 100);
    return back ? null : 'it did not come back';
  } finally {
    await flow.stop();
  }

  async function newEvent(after: number, type: string, withinMs: number, percent?: number): Promise<boolean> {
    for (const deadline = performance.now() + withinMs; performance.now() < deadline; await delay(250)) {
      const news = (await providers.events('tier_1')).slice(after);
      const fits = news.some(
        (event) => event.type === type && (percent === undefined || event.data['sharePercent'] === percent),
      );
      if (fits) return true;
    }
    return false;
  }
}

/** The tier at which a message ended, once it has. */
async function carriedBy({ customers }: Rig, name: string, prefix: string): Promise<string> {
  const reply = await customers.send(name, prefix);
  if (reply?.status !== 202) return `answered ${reply?.status}`;
  const id = String(reply.body['message_id']);
  for (const deadline = performance.now() + CASE_WITHIN_MS; performance.now() < deadline; await delay(50)) {
    const message = await customers.read(name, id);
    if (message['final'] === true) return String(message['provider']);
  }
  return 'not final';
}
