import { provision } from '../support/provision';
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
  const made = await provision(stack, wanted);
  return [
    { name: 'demo', customer: demo.customer_id, mode: 'live', key: demo.live_key },
    { name: 'test', customer: demo.customer_id, mode: 'test', key: demo.test_key },
    ...wanted.map(({ name }, index) => {
      const { customer_id: customer, live_key: key } = made[index]!;
      return { name, customer, mode: 'live' as const, key };
    }),
  ];
}
