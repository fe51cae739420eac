import { eventually } from '../support/eventually';
import { GatewayClient, type Message } from '../support/gateway-client';
import { waht } from '../support/provisioning';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(600_000);

const WITHIN_MS = 60_000;
const TIERS = ['tier_1', 'tier_2', 'tier_3'];

interface Parked {
  readonly text_id: string;
  readonly number: string;
  readonly from: string;
  readonly body: string;
}

describe('texts that people send', () => {
  let stack: Stack;
  let live: GatewayClient;
  let test: GatewayClient;
  let customer: string;

  beforeAll(async () => {
    // Three contracts: a form without and with a signature, and the bound session.
    stack = await startStack({
      env: { PROMOTIONAL_HOURS: '00:00-24:00' },
      adapters: ['africastalking', 'twilio', 'smpp'],
    });
    customer = stack.demo?.customer_id ?? '';
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    await waht(stack, 'sender-id', 'request', customer, 'DUKA', '--class', 'promotional');
    for (const tier of TIERS) await waht(stack, 'sender-id', 'approve', customer, 'DUKA', '--tier', tier);
    await waht(stack, 'inbound-number', 'assign', '22384', '--customer', customer, '--sender', 'DUKA');
  });
  afterAll(async () => {
    await Promise.all([live?.close(), test?.close()]);
    await stack?.stop();
  });

  const write = async (from: string, to: string, body: string): Promise<void> => {
    const answer = await fetch(`${stack.handset}/sandbox/handsets/${encodeURIComponent(from)}/messages`, {
      method: 'POST',
      body: JSON.stringify({ to, body }),
    });
    expect(answer.status).toBe(202);
  };
  const inbound = async (query = '', client = live): Promise<Message[]> => {
    const { body } = await client.call<{ data: Message[] }>('GET', `/v1/messages?direction=inbound&limit=100${query}`);
    return body.data;
  };
  const arrived = async (text: string): Promise<Message> => {
    let found: Message | undefined;
    await eventually(async () => {
      found = (await inbound()).find(({ body }) => body === text);
      return found !== undefined;
    }, WITHIN_MS);
    if (found === undefined) throw new Error(`${text} did not arrive`);
    return found;
  };
  const listed = async <T>(...args: string[]): Promise<T[]> => {
    const { output } = await stack.cli(...args, '--json');
    return JSON.parse(output.slice(output.indexOf('['))) as T[];
  };
  const parked = (): Promise<Parked[]> => listed('inbound', 'parked', 'list');
  const promote = (to: string, more: object = {}) =>
    live.send(to, { sender_id: 'DUKA', class: 'promotional', body: 'Sale!', ...more });

  it('are seen by the customer whose number it is, free of charge and final, and by no other key', async () => {
    const before = await live.balance();
    await write('+254712000101', '22384', 'Is it open on Sunday?');
    const message = await arrived('Is it open on Sunday?');
    expect(message).toMatchObject({
      direction: 'inbound',
      from: '+254712000101',
      to: '22384',
      status: 'received',
      final: true,
      channel: 'sms',
      cost_kes: 0,
      segments: 1,
      encoding: 'gsm7',
      provider: 'tier_1',
      error: null,
      mode: 'live',
    });
    expect(await live.message(message.message_id)).toEqual(message);
    const timeline = await live.timeline(message.message_id);
    expect(timeline).toMatchObject([{ type: 'message.received', provider: 'tier_1', cost_kes: 0 }]);
    expect(await inbound('&to=22384&status=received')).toContainEqual(message);
    expect(await inbound('&to=22385')).toEqual([]);
    expect(await inbound('', test)).toEqual([]);
    expect((await test.call('GET', `/v1/messages/${message.message_id}`)).status).toBe(404);
    expect(await live.call('DELETE', `/v1/messages/${message.message_id}`)).toMatchObject({ status: 409 });
    const earlier = await live.call('GET', `/v1/messages/${message.message_id}?as_of=2026-01-01T00:00:00Z`);
    expect(earlier.status).toBe(404);
    expect((await live.balance()).available_kes).toBe(before.available_kes);
  });

  it('come by whichever contract brought the last text, in several parts too, each once', async () => {
    for (const n of [1, 2]) {
      const [handset, tier] = [`+25471200020${n}`, `tier_${n + 1}`];
      await waht(stack, 'routing', 'assign', customer, tier);
      // A handset writes to whoever wrote to it last.
      await eventually(async () => {
        const { body } = await live.send(handset);
        return (await live.until(body.message_id, ({ final }) => final, WITHIN_MS)).provider === tier;
      }, WITHIN_MS);
      const text = `${'long '.repeat(60)}${tier} 😀`;
      await write(handset, '22384', text);
      const message = await arrived(text);
      expect(message).toMatchObject({ from: handset, provider: tier, encoding: 'ucs2' });
      expect(message['segments']).toBeGreaterThan(4);
    }
    expect((await inbound()).filter(({ body }) => String(body).startsWith('long '))).toHaveLength(2);
    await waht(stack, 'routing', 'assign', customer, TIERS.join(','));
  });

  it('stop promotion of the number’s senders, and nothing else, when they say so', async () => {
    const handset = '+254712000301';
    expect((await promote(handset)).status).toBe(202);
    await write(handset, '22384', ' Toka! ');
    await arrived(' Toka! ');
    await eventually(async () => (await promote(handset)).status === 422, WITHIN_MS);
    expect(await promote(handset)).toMatchObject({ status: 422, body: { code: 'recipient_opted_out' } });
    expect((await live.send(handset)).status).toBe(202);
    expect((await promote('+254712000302')).status).toBe(202);
  });

  it('count where they answer a sender that is a name, since the network tells', async () => {
    const handset = '+254712000303';
    await write(handset, 'DUKA', 'STOP');
    await eventually(async () => (await promote(handset)).status === 422, WITHIN_MS);
    expect((await live.send(handset)).status).toBe(202);
    expect((await inbound()).some(({ from }) => from === handset)).toBe(false);
  });

  it('are parked where the number is nobody’s, shown to no customer, and let go once it is somebody’s', async () => {
    await write('+254712000401', '40404', 'to whom it may concern');
    await write('+254712000402', '40404', 'Buy cheap things');
    await eventually(async () => (await parked()).length === 2, WITHIN_MS);
    const [first, second] = (await parked()).sort((a, b) => (a.from < b.from ? -1 : 1));
    expect(first).toMatchObject({ number: '40404', from: '+254712000401', body: 'to whom it may concern' });
    expect((await inbound()).some(({ to }) => to === '40404')).toBe(false);
    await waht(stack, 'inbound', 'parked', 'discard', second?.text_id ?? '', '--note', 'advertising');
    await waht(stack, 'inbound-number', 'assign', '40404', '--customer', customer, '--keyword', 'other');
    await waht(stack, 'inbound', 'parked', 'let-go', '--number', '40404');
    // Nobody's still: the keyword is not in it.
    await eventually(async () => (await parked()).length === 1, WITHIN_MS);
    await waht(stack, 'inbound-number', 'assign', '40404', '--customer', customer);
    await waht(stack, 'inbound', 'parked', 'let-go', first?.text_id ?? '');
    expect(await arrived('to whom it may concern')).toMatchObject({ to: '40404', from: '+254712000401' });
    expect(await parked()).toEqual([]);
    expect((await inbound()).some(({ body }) => body === 'Buy cheap things')).toBe(false);
    await waht(stack, 'inbound-number', 'release', '40404', '--customer', customer);
    const numbers = await listed<{ number: string; keyword: string | null }>('inbound-number', 'list');
    expect(numbers.map(({ number, keyword }) => [number, keyword])).toEqual([
      ['22384', null],
      ['40404', 'OTHER'],
    ]);
  });

  it('cannot be read any more when the person is erased, nor come back', async () => {
    await write('+254712000501', '22384', 'my secret');
    const { message_id: id } = await arrived('my secret');
    await waht(stack, 'privacy', 'erase', '--customer', customer, '--phone', '+254712000501', '--note', 'asked');
    await eventually(async () => (await live.message(id))['body'] === '[erased]', WITHIN_MS);
    expect(await live.message(id)).toMatchObject({ from: '[erased]', to: '22384', status: 'received' });
  });
});
