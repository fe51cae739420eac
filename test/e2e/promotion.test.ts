import { Redis } from 'ioredis';
import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { waht } from '../support/provisioning';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(180_000);

const DAY_MS = 86_400_000;
const EAT_MS = 3 * 3_600_000;

interface OptOut {
  opt_out_id: string;
  sender_id: string | null;
}

/** Hours of Nairobi that are certainly not now, and when they begin next. */
function otherHours(): { text: string; beginAt: string } {
  const now = Date.now() + EAT_MS;
  const midnight = now - (now % DAY_MS);
  const inTheMorning = now - midnight < DAY_MS / 2;
  const begin = midnight + (inTheMorning ? 20 : 28) * 3_600_000 - EAT_MS;
  return { text: inTheMorning ? '20:00-22:00' : '04:00-06:00', beginAt: new Date(begin).toISOString() };
}

/** What is seen once the condition holds; a process that is busy may take its time. */
async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  let seen = await look();
  await eventually(async () => holds(seen) || holds((seen = await look())), 20_000);
  return seen;
}

describe('promotion', () => {
  const night = otherHours();
  let stack: Stack;
  let live: GatewayClient;
  let test: GatewayClient;
  /** Of a process for which it is night. */
  let late: GatewayClient;
  let sandbox: SandboxClient;
  let customer: string;

  beforeAll(async () => {
    stack = await startStack({ env: { PROMOTIONAL_HOURS: '00:00-24:00' } });
    const { base } = await stack.addApplication({ PROMOTIONAL_HOURS: night.text, WAHT_ROLES: 'api' });
    customer = stack.demo?.customer_id ?? '';
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    late = new GatewayClient(base, stack.demo?.live_key ?? '');
    sandbox = new SandboxClient(stack.handset);
    await waht(stack, 'sender-id', 'request', customer, 'DUKA', '--class', 'promotional');
    for (const tier of ['tier_1', 'tier_2', 'tier_3']) {
      await waht(stack, 'sender-id', 'approve', customer, 'DUKA', '--tier', tier);
    }
    for (const client of [live, late]) await until(async () => (await quote(client)).would_send, Boolean);
  });
  afterAll(async () => {
    for (const client of [live, test, late]) await client?.close();
    await stack?.stop();
  });

  const promotion = { class: 'promotional', sender_id: 'DUKA', body: 'Sale today!' };
  const promote = (to: string, more: object = {}, client = live) => client.send(to, { ...promotion, ...more });
  const quote = async (client: GatewayClient) => {
    const body = { to: '+254712000900', channel: 'sms', ...promotion };
    return (await client.call<{ would_send: boolean }>('POST', '/v1/messages/quote', body)).body;
  };
  const optOut = async (phone: string, sender_id?: string): Promise<OptOut> => {
    const { status, body } = await live.call<OptOut & Record<string, unknown>>('POST', '/v1/opt-outs', {
      phone,
      ...(sender_id === undefined ? {} : { sender_id }),
    });
    expect(status).toBe(201);
    return body;
  };
  const listed = async (phone: string, client = live): Promise<OptOut[]> => {
    const query = new URLSearchParams({ phone });
    return (await client.call<{ data: OptOut[] }>('GET', `/v1/opt-outs?${query.toString()}`)).body.data;
  };
  const refused = expect.objectContaining({
    status: 422,
    body: expect.objectContaining({ code: 'recipient_opted_out' }),
  });
  /** Every process hears of an opt-out within a second. */
  const untilRefused = async (to: string): Promise<void> => {
    for (const client of [live, late]) {
      await until(
        async () => (await promote(to, {}, client)).status,
        (status) => status === 422,
      );
      expect(await promote(to, {}, client)).toEqual(refused);
    }
  };

  it('goes by a sender of its own, and says how to stop it', async () => {
    const { status, body } = await promote('+254712000901');
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'queued', cost_kes: 0.8 });
    const sent = await live.until(body.message_id, (message) => message.status === 'delivered', 20_000);
    const text = 'Sale today! STOP*456*9*5#';
    expect(sent).toMatchObject({ class: 'promotional', from: 'DUKA', body: text });
    expect(await sandbox.inbox('+254712000901')).toMatchObject([{ from: 'DUKA', body: text }]);
    const wrong = { status: 422, body: { code: 'sender_id_not_registered' } };
    expect(await promote('+254712000901', { sender_id: 'WAHT' })).toMatchObject(wrong);
    expect(await live.send('+254712000901', { sender_id: 'DUKA' })).toMatchObject(wrong);
  });

  it('waits for its hours, as the quote says it would', async () => {
    expect(await quote(live)).toMatchObject({ would_be_deferred: false, send_at: null });
    expect(await quote(late)).toMatchObject({ would_be_deferred: true, send_at: night.beginAt, would_send: true });
    const { status, body } = await promote('+254712000902', {}, late);
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'scheduled', send_at: night.beginAt, cost_kes: 0.8 });
    expect((await live.timeline(body.message_id))[0]).toMatchObject({ type: 'message.scheduled', reason: 'hours' });
    const path = `/v1/messages/${body.message_id}`;
    const soon = new Date(Date.now() + 2_000).toISOString();
    // Outside its hours it stays where it is; where they are, it goes.
    expect((await late.call('PATCH', path, { send_at: soon })).body).toMatchObject({ send_at: night.beginAt });
    expect((await live.call('PATCH', path, { send_at: soon })).body).toMatchObject({ send_at: soon });
    await live.until(body.message_id, (message) => message.status === 'delivered', 20_000);
  });

  it('stops for who opts out of its sender, and nothing else does, until that ends', async () => {
    const to = '+254712000903';
    const before = await live.balance();
    const created = await optOut('0712 000 903', 'DUKA');
    expect(created).toMatchObject({ phone: to, sender_id: 'DUKA', mode: 'live', source: 'api' });
    await untilRefused(to);
    expect((await live.balance()).available_kes).toBe(before.available_kes);
    expect(await optOut(to, 'DUKA')).toEqual(created);
    const { body: transactional } = await live.send(to);
    await live.until(transactional.message_id, (message) => message.status === 'delivered', 20_000);

    await until(
      () => listed(to),
      (all) => all.length === 1,
    );
    expect(await listed(to)).toEqual([created]);
    const path = `/v1/opt-outs/${created.opt_out_id}`;
    expect((await live.call('GET', path)).body).toEqual(created);
    for (const method of ['GET', 'DELETE'] as const) expect((await test.call(method, path)).status).toBe(404);
    expect(await listed(to, test)).toEqual([]);
    expect((await live.call('DELETE', path)).status).toBe(204);
    for (const method of ['GET', 'DELETE'] as const) expect((await live.call(method, path)).status).toBe(404);
    await until(
      () => promote(to),
      ({ status }) => status === 202,
    );
    await until(
      () => listed(to),
      (all) => all.length === 0,
    );
  });

  it('stops altogether where no sender is named, also after Redis has lost everything', async () => {
    const to = '+254712000904';
    const created = await optOut(to);
    expect(created.sender_id).toBeNull();
    await untilRefused(to);
    const redis = new Redis(stack.env['REDIS_URL'] ?? '');
    await redis.flushdb();
    redis.disconnect();
    expect(await promote(to)).toEqual(refused);
    expect((await promote('+254712000905')).status).toBe(202);
  });

  it('that was to go later fails where its recipient has opted out by then, and costs nothing', async () => {
    const to = '+254712000906';
    const before = await live.balance();
    const { body } = await promote(to, { send_at: new Date(Date.now() + 4_000).toISOString() });
    await optOut(to, 'DUKA');
    const failed = await live.until(body.message_id, (message) => message.final, 20_000);
    expect(failed).toMatchObject({
      status: 'failed',
      charge: 'released',
      cost_kes: 0,
      error: { code: 'recipient_opted_out' },
    });
    await until(
      async () => (await live.balance()).reserved_kes,
      (reserved) => reserved <= before.reserved_kes,
    );
    expect(await sandbox.inbox(to)).toEqual([]);
  });

  it('refuses opt-outs that would protect nobody', async () => {
    for (const [body, code] of [
      [{ phone: '0712' }, 'validation_failed'],
      [{ phone: '+254712000907', sender_id: 'TYPO' }, 'sender_id_not_registered'],
      [{ phone: '+254712000907', senderId: 'DUKA' }, 'validation_failed'],
    ] as const) {
      expect(await live.call('POST', '/v1/opt-outs', body)).toMatchObject({ status: 422, body: { code } });
    }
    const forged = await live.call('GET', '/v1/opt-outs?after=forged');
    expect(forged).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });

  it('is stopped and let go by operations too, on the record; an erasure ends it', async () => {
    const to = '+254712000908';
    const target = [to, '--customer', customer, '--sender', 'DUKA'];
    const added = await waht(stack, 'opt-out', 'add', ...target);
    await untilRefused(to);
    expect(await waht(stack, 'opt-out', 'remove', ...target)).toEqual({ ...added, changed: true });
    await until(
      () => promote(to),
      ({ status }) => status === 202,
    );
    await waht(stack, 'opt-out', 'add', ...target);
    await untilRefused(to);
    const query = `/v1/audit?resource=${added['opt_out_id'] ?? ''}`;
    const recorded = await until(
      async () => (await live.call<{ data: { action: string; actor: object }[] }>('GET', query)).body.data,
      (rows) => rows.length === 3,
    );
    expect(recorded.map(({ action }) => action)).toEqual([
      ...['RecipientOptedOut', 'RecipientOptedIn', 'RecipientOptedOut'],
    ]);
    expect(recorded[0]?.actor).toMatchObject({ kind: 'operator' });
    const list = await stack.cli('opt-out', 'list', '--customer', customer);
    expect(list.output).toContain(to);

    await waht(stack, 'privacy', 'erase', '--customer', customer, '--phone', to, '--note', 'asked for it');
    expect((await promote(to)).status).toBe(202);
    await until(
      async () => (await stack.cli('opt-out', 'list', '--customer', customer)).output,
      (output) => !output.includes(added['opt_out_id'] ?? ''),
    );
  });
});
