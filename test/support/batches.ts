import { type GatewayClient, type Answer } from './gateway-client';

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

/** How many of its messages a customer sees. */
export async function seen(client: GatewayClient): Promise<number> {
  const { data } = (await client.call<{ data: unknown[] }>('GET', '/v1/messages')).body;
  return data.length;
}
