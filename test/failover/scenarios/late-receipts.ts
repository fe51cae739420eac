import { setTimeout as delay } from 'node:timers/promises';
import { text } from '../../support/checker/log';
import { noneLost } from '../ends';
import { sandboxName } from '../provider-watch';
import { Rig } from '../rig';
import { type Context, type Result, resultOf, type Scenario } from '../scenario';

const PER_SECOND = 10;
const HEALTHY_MS = 180_000;
const NOTICED_WITHIN_MS = 360_000;

/** It goes on accepting everything; only the receipts tell. On the program's own windows: no short form of it. */
export const lateReceipts: Scenario = {
  name: 'receipts-turn',
  about: 'receipts turn to undelivered after 3 min of healthy traffic: ProviderDegraded within 6 min of the turn',
  inQuick: false,
  run,
};

async function run({ folder, say }: Context): Promise<Result> {
  const rig = await Rig.start({
    name: 'receipts-turn',
    folder,
    validitySeconds: 120,
    customers: ['north', 'south', 'coast'].map((name) => ({ name, kes: '50000' })),
  });
  try {
    const flow = rig.customers.flow(PER_SECOND);
    await delay(HEALTHY_MS);
    say('receipts turn to undelivered');
    const turnedAt = Date.now();
    await rig.sandbox.set(sandboxName('tier_1'), { report: { outcome: 'undelivered' } });
    const degraded = await rig.providers.until(
      'tier_1',
      ({ type }) => type === 'ProviderDegraded',
      NOTICED_WITHIN_MS + 30_000,
    );
    await delay(10_000);
    await flow.stop();
    const account = await rig.account(noneLost());
    const { findings, evidence } = account;
    const afterMs = (degraded?.storedAt ?? Number.POSITIVE_INFINITY) - turnedAt;
    findings.expect(afterMs <= NOTICED_WITHIN_MS, 'noticed', () => `ProviderDegraded ${afterMs} ms after the turn`);
    const after = rig.providers.between((degraded?.storedAt ?? 0) + 2_000, Date.now());
    findings.expect(
      after.tier_2 > after.tier_1,
      'carried',
      () => `after the move tier_1 got ${after.tier_1} requests, tier_2 ${after.tier_2}`,
    );
    return resultOf(account, {
      messages: evidence.stories.size,
      'noticed, s after the turn': Math.round(afterMs / 1_000),
      'moved by': text(degraded?.data['cause']),
      'requests at tier_1 and tier_2 after the move': `${after.tier_1} and ${after.tier_2}`,
    });
  } finally {
    await rig.stop();
  }
}
