import type { Story } from '../../support/checker/message-story';
import { noneLost, path } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

const PER_SECOND = 60;
/** Messages that are on their way to a provider at one time, when its first refusal is read. */
const MOST_ASKED = 64;
const REFUSED_SENDER = 'BADSHOP';

/** One customer's sender is refused; nobody else may feel it. */
export const refusedSender: Scenario = {
  name: 'refused-sender',
  about: "one customer's refused sender moves no other customer's first attempts",
  inQuick: true,
  run,
};

async function run({ form, folder }: Context): Promise<Result> {
  const count = form.quick ? 200 : 1_000;
  const rig = await Rig.start({
    name: 'refused-sender',
    folder,
    validitySeconds: 60,
    customers: [
      { name: 'refused', kes: '50000', sender: REFUSED_SENDER },
      { name: 'north', kes: '50000' },
      { name: 'south', kes: '50000', sender: 'SOUTH' },
    ],
  });
  try {
    await rig.sandbox.set(sandboxName('tier_1'), { errors: [{ code: 402, share: 1, from: REFUSED_SENDER }] });
    await Promise.all([
      rig.customers.sendMany(count, PER_SECOND / 2, ['refused']),
      rig.customers.sendMany(count, PER_SECOND / 2, ['north', 'south']),
    ]);
    const account = await rig.account(noneLost());
    const { findings, evidence } = account;
    const of = (wanted: boolean): Story[] =>
      [...evidence.stories.values()].filter(({ order }) => (order['sender'] === REFUSED_SENDER) === wanted);
    const moved = of(false).filter(({ attempts }) => attempts.some(({ tier }) => tier !== 'tier_1'));
    for (const story of moved) findings.expect(false, 'others', () => `${story.id} of another went ${path(story)}`);
    const asked = of(true).filter(({ attempts }) => attempts[0]?.tier === 'tier_1').length;
    findings.expect(asked > 0 && asked <= MOST_ASKED, 'shut', () => `tier_1 was asked ${asked} times for this sender`);
    const moves = (await rig.providers.events('tier_1')).length;
    findings.expect(moves === 0, 'others', () => `tier_1 was moved ${moves} times for one customer's sender`);
    return resultOf(account, {
      messages: evidence.stories.size,
      'of the refused sender': of(true).length,
      'asked of tier_1 before the sender was shut there': asked,
      "other customers' first attempts that moved": moved.length,
    });
  } finally {
    await rig.stop();
  }
}
