import { GatewayClient } from './gateway-client';
import type { Stack } from './stack';

/** Runs `waht` and returns the JSON object that it printed. @throws Error with its output where it failed. */
export async function waht(stack: Stack, ...args: string[]): Promise<Record<string, string>> {
  const { code, output } = await stack.cli(...args, '--json');
  if (code !== 0) throw new Error(`waht ${args.join(' ')}: ${output}`);
  return JSON.parse(output.slice(output.indexOf('{'))) as Record<string, string>;
}

let customers = 0;

/** A customer with this much money, by the command line. */
export async function customerWith(
  stack: Stack,
  kesInWallet: string,
  connections = 16,
): Promise<{ id: string; client: GatewayClient; keyId: string }> {
  customers += 1;
  const { customer_id: id = '' } = await waht(stack, 'customer', 'register', '--name', `Customer ${customers}`);
  const prices = ['--tier-1', '0.8', '--tier-2', '1', '--tier-3', '2.5'];
  const { price_list_id: list = '' } = await waht(stack, 'price-list', 'publish', '--name', 'One', ...prices);
  await waht(stack, 'price-list', 'assign', id, list);
  await waht(stack, 'routing', 'assign', id, 'tier_1,tier_2,tier_3');
  await waht(stack, 'sender-id', 'request', id, 'ONE');
  for (const tier of ['tier_1', 'tier_2', 'tier_3'])
    await waht(stack, 'sender-id', 'approve', id, 'ONE', '--tier', tier);
  await waht(stack, 'sender-id', 'default', id, 'ONE');
  await waht(stack, 'wallet', 'credit', id, kesInWallet, '--note', 'for a test');
  const { key = '', key_id: keyId = '' } = await waht(stack, 'key', 'issue', id, '--kind', 'live');
  return { id, client: new GatewayClient(stack.base, key, connections, 250_000), keyId };
}
