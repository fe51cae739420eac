import { GatewayClient, type Answer } from './gateway-client';
import { waht } from './provisioning';
import type { Stack } from './stack';

const NUMBER = (n: number): string => `+25473000${String(n).padStart(4, '0')}`;

export interface Item {
  to: unknown;
  channel: string;
  body: string;
  [field: string]: unknown;
}

export interface Result {
  index: number;
  status: number;
  message_id?: string;
  provider?: string;
  cost_kes?: number;
  replayed?: boolean;
  error?: { code: string; detail: string; errors?: { field: string }[] };
}

export interface Batch {
  /** Of a refusal as a whole. */
  code?: string;
  batch_id: string;
  accepted: number;
  rejected: number;
  results: Result[];
}

export const item = (n: number, more: Partial<Item> = {}): Item => ({
  to: NUMBER(n),
  channel: 'sms',
  body: 'Your order #4821 has shipped.',
  ...more,
});

export const items = (size: number): Item[] => Array.from({ length: size }, (_, n) => item(n));

export const send = (
  client: GatewayClient,
  messages: readonly unknown[],
  headers: Record<string, string> = {},
): Promise<Answer<Batch>> =>
  client.call<Batch & Record<string, unknown>>('POST', '/v1/messages/batch', { messages }, headers);

let customers = 0;

/** A customer with this much money, by the command line. */
export async function customerWith(
  stack: Stack,
  kesInWallet: string,
): Promise<{ id: string; client: GatewayClient; keyId: string }> {
  customers += 1;
  const { customer_id: id = '' } = await waht(stack, 'customer', 'register', '--name', `Batch ${customers}`);
  const prices = ['--tier-1', '0.8', '--tier-2', '1', '--tier-3', '2.5'];
  const { price_list_id: list = '' } = await waht(stack, 'price-list', 'publish', '--name', 'One', ...prices);
  await waht(stack, 'price-list', 'assign', id, list);
  await waht(stack, 'routing', 'assign', id, 'tier_1,tier_2,tier_3');
  await waht(stack, 'sender-id', 'request', id, 'ONE');
  for (const tier of ['tier_1', 'tier_2', 'tier_3'])
    await waht(stack, 'sender-id', 'approve', id, 'ONE', '--tier', tier);
  await waht(stack, 'sender-id', 'default', id, 'ONE');
  await waht(stack, 'wallet', 'credit', id, kesInWallet, '--note', 'for a batch');
  const { key = '', key_id: keyId = '' } = await waht(stack, 'key', 'issue', id, '--kind', 'live');
  return { id, client: new GatewayClient(stack.base, key, 16, 250_000), keyId };
}

/** How many of its messages a customer sees. */
export async function seen(client: GatewayClient): Promise<number> {
  const { data } = (await client.call<{ data: unknown[] }>('GET', '/v1/messages')).body;
  return data.length;
}
