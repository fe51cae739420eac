import { setTimeout as delay } from 'node:timers/promises';
import { item, items, seen, send, type Item } from '../support/batches';
import { eventually } from '../support/eventually';
import { GatewayClient, type Answer } from '../support/gateway-client';
import { customerWith, waht } from '../support/provisioning';
import { foldWallet, rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(420_000);

const SIZE = 10_000;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

describe('a batch', () => {
  let stack: Stack;
  let demo: GatewayClient;

  beforeAll(async () => {
    stack = await startStack({ env: { REPORT_GRACE_SECONDS: '3', PROVIDER_DEADLINE_MS: '5000' } });
    demo = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 64, 250_000);
  });
  afterAll(async () => {
    await demo?.close();
    await stack?.stop();
  });

  it('says of each of 10 000 what became of it: 37 are bad, 12 repeat an earlier key', async () => {
    const bad = new Set(Array.from({ length: 37 }, (_, i) => 100 + i * 263));
    const repeats = new Map(Array.from({ length: 12 }, (_, i) => [5_001 + i * 401, i * 17 + 1]));
    for (const index of repeats.keys()) expect(bad.has(index)).toBe(false);
    const flaws: Partial<Item>[] = [
      { to: '12345' },
      { body: '' },
      { surname: 'x' },
      { to: 7 },
      { sender_id: 'NOBODY' },
    ];
    const codes = ['validation_failed', 'validation_failed', 'validation_failed', 'validation_failed'];
    const messages = items(SIZE).map((message, n) => {
      if (bad.has(n)) return { ...message, ...flaws[n % flaws.length] };
      const first = repeats.get(n);
      if (first !== undefined) return item(first, { idempotency_key: `item-${first}` });
      return [...repeats.values()].includes(n) ? { ...message, idempotency_key: `item-${n}` } : message;
    });
    const before = await demo.balance();

    const startedAt = performance.now();
    const answer = await send(demo, messages, { 'idempotency-key': 'newsletter-1' });
    const tookMs = performance.now() - startedAt;
    process.stderr.write(`a batch of ${SIZE}: ${Math.round((SIZE / tookMs) * 1_000)} items/s\n`);

    expect(answer.status).toBe(202);
    const { batch_id, accepted, rejected, results } = answer.body;
    expect([batch_id, accepted, rejected]).toEqual([expect.stringMatching(/^bat_[0-9A-Z]{26}$/), 9_951, 37]);
    expect(results.map(({ index }) => index)).toEqual(messages.map((_, n) => n));
    expect(results.flatMap(({ index, status }) => (status === 202 ? [] : [index]))).toEqual([...bad]);
    for (const index of bad) {
      const code = codes[index % flaws.length] ?? 'sender_id_not_registered';
      expect(results[index]).toMatchObject({ status: 422, error: { code } });
    }
    for (const [index, first] of repeats) {
      const { index: _, ...earlier } = results[first] ?? { index: -1, status: 0 };
      expect(results[index]).toEqual({ index, ...earlier, replayed: true });
    }
    expect(results.filter(({ replayed }) => replayed === true)).toHaveLength(12);
    const ids = new Set(results.flatMap(({ message_id }) => message_id ?? []));
    expect(ids.size).toBe(9_951);

    // Only what was accepted costs anything, whether it has been charged by now or is reserved still.
    const after = await demo.balance();
    expect(Math.round((before.available_kes - after.available_kes) * 10)).toBe(9_951 * 8);

    // Once more: the same answer, and nothing new.
    const again = await send(demo, messages, { 'idempotency-key': 'newsletter-1' });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    expect(again.body).toEqual(answer.body);
    const other = await send(demo, messages.slice(1), { 'idempotency-key': 'newsletter-1' });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is paid for in its order until the money ends', async () => {
    const size = 1_000;
    const { id, client } = await customerWith(stack, String(size * 0.6 * 0.8));
    const answer = await send(client, items(size), { 'idempotency-key': 'sixty-percent' });
    expect([answer.status, answer.body.accepted, answer.body.rejected]).toEqual([202, 600, 400]);
    expect(answer.body.results.map(({ status, error }) => error?.code ?? status)).toEqual(
      answer.body.results.map(({ index }) => (index < 600 ? 202 : 'insufficient_funds')),
    );
    expect(answer.body.results.slice(600).every(({ status }) => status === 402)).toBe(true);
    await client.settledTo(0);
    const wallet = foldWallet(await rawLog(stack.env['ESDB_URL'] ?? ''), `wallet-${id}`);
    expect([wallet.lowest, wallet.debits.size]).toEqual([0n, 600]);

    // With more money the answer under that key stays what it was.
    await waht(stack, 'wallet', 'credit', id, '1000', '--note', 'more');
    const again = await send(client, items(size), { 'idempotency-key': 'sixty-percent' });
    expect(again.body).toEqual(answer.body);
    expect((await client.balance()).available_kes).toBe(1_000);
    await client.close();
  });

  it('ends with 401 for the items behind the revocation of its key', async () => {
    const size = 4_000;
    const { id, client, keyId } = await customerWith(stack, '8000');
    const pending = send(client, items(size));
    await eventually(async () => (await seen(client)) > 0, 60_000, 20);
    await waht(stack, 'key', 'revoke', id, keyId);
    const { status, body } = await pending;
    const refused = body.results.findIndex((result) => result.status !== 202);
    process.stderr.write(`its key was revoked at item ${refused} of ${size}\n`);
    expect([status, refused > 0]).toEqual([202, true]);
    expect(body.results.slice(refused).every(({ error }) => error?.code === 'unauthenticated')).toBe(true);
    expect([body.accepted, body.rejected]).toEqual([refused, size - refused]);
    expect((await send(client, items(1))).status).toBe(401);
    await client.close();
  });

  it('is a filter of lists, for its own customer and mode only', async () => {
    const other = await customerWith(stack, '8');
    const { batch_id: id } = (await send(demo, items(3))).body;
    const list = (client: GatewayClient): Promise<Answer<{ data: { message_id: string }[] }>> =>
      client.call('GET', `/v1/messages?batch_id=${id}`);
    await eventually(async () => (await list(demo)).body.data.length === 3, 10_000);
    const test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    for (const client of [other.client, test])
      expect((await list(client)).body).toEqual({ data: [], next_cursor: null });
    expect((await demo.call('GET', '/v1/messages?batch_id=bat_1')).status).toBe(400);
    await Promise.all([other.client.close(), test.close()]);
  });

  it('leaves room for others: single sends beside it', async () => {
    const lone = new GatewayClient(stack.base, stack.demo?.live_key ?? '', 4);
    const latencies: number[] = [];
    let over = false;
    const singles = (async () => {
      for (let n = 0; !over; n++) {
        const startedAt = performance.now();
        expect((await lone.send(`+25474000${String(n % 10_000).padStart(4, '0')}`)).status).toBe(202);
        latencies.push(performance.now() - startedAt);
        await delay(20);
      }
    })();
    const answer = await send(demo, items(2_000));
    over = true;
    await singles;
    const sorted = latencies.toSorted((a, b) => a - b);
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)].map((ms) => Math.round(ms));
    process.stderr.write(`beside a batch of 2000: ${sorted.length} single sends, p50 ${p50} ms, p99 ${p99} ms\n`);
    expect(answer.body.accepted).toBe(2_000);
    expect(sorted.length).toBeGreaterThan(1);
    await lone.close();
  });
});
