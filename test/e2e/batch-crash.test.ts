import { setTimeout as delay } from 'node:timers/promises';
import { items, seen, send, type Batch } from '../support/batches';
import { customerWith } from '../support/provisioning';
import { eventually } from '../support/eventually';
import { SandboxClient, type Answer, type GatewayClient } from '../support/gateway-client';
import { foldWallet, kes, rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(420_000);

describe('a batch whose process dies', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ env: { REPORT_GRACE_SECONDS: '3', PROVIDER_DEADLINE_MS: '5000' } });
  });
  afterAll(() => stack?.stop());

  it('is finished by its key after kill -9, and nothing is sent or charged twice', async () => {
    const size = 1_000;
    const { id, client } = await customerWith(stack, String(size));
    const mixed = items(size).map((message, n) => ({
      ...message,
      to: `+25475000${String(n).padStart(4, '0')}`,
      valid_for_seconds: 90,
      ...(n % 10 === 0 ? { idempotency_key: `crash-${n}` } : {}),
      ...(n % 100 === 50 ? { to: '12345' } : {}),
    }));
    const headers = { 'idempotency-key': 'killed' };
    const first = send(client, mixed, headers).catch(() => null);
    await eventually(async () => (await seen(client)) > 0, 60_000, 20);
    await stack.application.kill();
    expect(await first).toBeNull();
    const queuedOf = (log: Awaited<ReturnType<typeof rawLog>>): string[] =>
      log.flatMap(({ type, data }) =>
        type === 'MessageQueued' && data['customerId'] === id ? [String(data['messageId'])] : [],
      );
    const before = queuedOf(await rawLog(stack.env['ESDB_URL'] ?? '')).length;
    await stack.application.start();

    const { body } = await finish(client, mixed, headers);
    process.stderr.write(`kill -9 in a batch of ${size}: ${before} messages were there, the retry made the others\n`);
    expect([body.accepted, body.rejected]).toEqual([size - 10, 10]);
    expect(body.results.some(({ replayed }) => replayed === true)).toBe(false);
    const again = await send(client, mixed, headers);
    expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', body]);

    // A reservation that the dead process left without a message is given back by the sweeper.
    await eventually(async () => (await client.balance()).reserved_kes === 0, 240_000, 500);
    const log = await rawLog(stack.env['ESDB_URL'] ?? '');
    const ids = body.results.flatMap(({ message_id }) => message_id ?? []);
    expect(queuedOf(log).toSorted()).toEqual(ids.toSorted());
    const wallet = foldWallet(log, `wallet-${id}`);
    expect([...wallet.debits.values()].every((times) => times === 1)).toBe(true);
    expect(kes(wallet.available)).toBe((await client.balance()).available_kes);
    const inbox = (await new SandboxClient(stack.handset).inbox()).filter(({ to }) => to.startsWith('+25475000'));
    expect(new Set(inbox.map(({ to }) => to)).size).toBe(inbox.length);
    await client.close();
  });
});

/** The same request until it is answered: the claim of a process that died lives on for some seconds, with 409 until then. */
async function finish(
  client: GatewayClient,
  messages: unknown[],
  headers: Record<string, string>,
): Promise<Answer<Batch>> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const answer = await send(client, messages, headers);
    if (answer.status === 202) return answer;
    expect([409, 503]).toContain(answer.status);
    if (performance.now() > deadline) throw new Error(`the batch is still ${answer.status}`);
    await delay(500);
  }
}
