import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { HoldingProxy } from '../support/holding-proxy';
import { foldWallet, rawLog, type RawEvent } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';
import type { StackProcess } from '../support/stack-process';

jest.setTimeout(180_000);

/** A reservation is examined after two seconds, so that the test need not wait a minute. */
const ENV = { RESERVATION_EXAMINE_AFTER_MS: '2000' };

describe('a process held between its reservation and its MessageQueued', () => {
  let stack: Stack;
  let proxy: HoldingProxy;
  let held: { base: string; process: StackProcess };
  let client: GatewayClient;
  const log = (): Promise<RawEvent[]> => rawLog(stack.env['ESDB_URL'] ?? '');

  beforeAll(async () => {
    stack = await startStack({ env: ENV });
    proxy = await HoldingProxy.before(Number(new URL(stack.env['ESDB_URL'] ?? '').port));
    // This one reaches the event store through the proxy; the first application, which sweeps, does so directly.
    held = await stack.addApplication({ ESDB_URL: `esdb://127.0.0.1:${proxy.port}?tls=false`, WAHT_ROLES: 'api' });
    client = new GatewayClient(held.base, stack.demo?.live_key ?? '');
  });
  afterAll(async () => {
    await client?.close();
    await proxy?.close();
    await stack?.stop();
  });

  it.each([
    ['without a key', {}],
    ['with an Idempotency-Key', { 'idempotency-key': 'held' }],
  ])('finds its id closed, answers 503, and the money is back (%s)', async (_, headers: Record<string, string>) => {
    const before = await client.balance();
    const caught = proxy.holdAt('MessageQueued');
    const answer = client.send('+254712345678', {}, headers);
    await caught;
    held.process.pause();
    const reserved = (await log()).filter(({ type }) => type === 'FundsReserved').at(-1);
    const id = String(reserved?.data['messageId']);
    const reservation = String(reserved?.data['reservationId']);

    await eventually(
      async () =>
        (await log()).some(({ type, data }) => type === 'FundsReleased' && data['reservationId'] === reservation),
      60_000,
    );
    const swept = (await log()).filter(({ data }) => data['reservationId'] === reservation).map(({ type }) => type);
    expect(swept).toEqual(['FundsReserved', 'MessageAbandoned', 'FundsReleased']);

    proxy.release();
    held.process.resume();
    const { status, body, headers: answered } = await answer;
    expect([status, body['code']]).toEqual([503, 'unavailable']);
    expect(answered['retry-after']).toBeDefined();

    const direct = new GatewayClient(stack.base, client.key);
    try {
      expect((await direct.call('GET', `/v1/messages/${id}`)).status).toBe(404);
      expect(await direct.balance()).toMatchObject({ available_kes: before.available_kes, reserved_kes: 0 });
      if (headers['idempotency-key'] !== undefined) {
        // The keyed retry appends behind the closed reservation, under the same id.
        const retried = await direct.send('+254712345678', {}, headers);
        expect([retried.status, retried.body.message_id]).toEqual([202, id]);
        await direct.until(id, ({ status: now }) => now === 'delivered', 10_000);
        expect((await direct.timeline(id)).map(({ type }) => type)[0]).toBe('message.queued');
        expect(await new SandboxClient(stack.handset).inbox('+254712345678')).toHaveLength(1);
      }
    } finally {
      await direct.close();
    }
    expect(foldWallet(await log(), `wallet-${stack.demo?.customer_id ?? ''}`).reserved).toBe(0n);
  });
});
