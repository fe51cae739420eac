import { join } from 'node:path';
import { runCommand } from '../../src/infrastructure/embedded/launcher/run-command';
import { testDist } from '../support/services';
import type { Stack } from '../support/stack';

/** A key of a customer, and what it spends. */
export interface Account {
  readonly name: 'demo' | 'busy' | 'hot' | 'test';
  readonly customer: string;
  readonly mode: 'live' | 'test';
  readonly key: string;
}

const BUSY_KES = '50000';
/** Soon spent, so that many sends are refused for want of money. */
const HOT_KES = '6';

/** The demo's customer with a live and a test key, one more that is rich, and one whose wallet is always near its end. */
export async function openAccounts(stack: Stack): Promise<Account[]> {
  const { demo } = stack;
  if (demo?.customer_id === undefined) throw new Error('the demo has no customer');
  const wanted = [
    { name: 'busy', kes: BUSY_KES },
    { name: 'hot', kes: HOT_KES },
  ] as const;
  const { code, output } = await runCommand(
    process.execPath,
    [join(__dirname, 'provision.cjs'), testDist(), JSON.stringify(wanted)],
    { env: { ...process.env, LOG_LEVEL: 'warn', ...stack.env } },
  );
  if (code !== 0) throw new Error(`the customers could not be set up: ${output}`);
  const made = JSON.parse(output.slice(output.indexOf('['))) as { customer_id: string; live_key: string }[];
  return [
    { name: 'demo', customer: demo.customer_id, mode: 'live', key: demo.live_key },
    { name: 'test', customer: demo.customer_id, mode: 'test', key: demo.test_key },
    ...wanted.map(({ name }, index) => {
      const { customer_id: customer, live_key: key } = made[index]!;
      return { name, customer, mode: 'live' as const, key };
    }),
  ];
}
