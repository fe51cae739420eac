import { GatewayClient, SandboxClient } from '../support/gateway-client';
import { eventually } from '../support/eventually';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(300_000);

interface Why {
  outcome: { code: string; text: string };
  tiers: { provider: string; health: string; verdict: string }[];
  price: object;
  attempts: { provider: string; outcome: string; code: string | null }[];
}
interface OperatorWhy extends Why {
  operator: {
    risk: { score: number; perMinute: number };
    attempts: { account: string; provider_cost: string | null; own_code: string | null }[];
    providers: { provider: string; state: string }[];
    receipts: { outcome: string; raw: string }[];
    answers: { attempt: number; provider: string; code: string; status: number; content_type: string; raw: string }[];
  };
}
interface Health {
  modes: { mode: string; providers: { provider: string; state: string; cause: string | null }[] }[];
}
interface ReplayAnswer {
  messages: number;
  changed: number;
  by_change: object[];
  cost_kes: { recorded: number; replayed: number; difference: number };
  delivered: { recorded: number };
  not_reproduced: { choices: number; moves: number; not_noted: number };
  changes: { message_id: string; from: string; to: string; estimate: boolean }[];
}

/** tier_1 refuses connections: messages fail over, its circuit opens, and it comes back. Then everybody asks why. */
describe('why, and what if', () => {
  let stack: Stack;
  let live: GatewayClient;
  let sandbox: SandboxClient;
  let from: string;
  let whileDown: string;
  let unread: string;
  const ids: string[] = [];

  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, output } = await stack.cli(...args, '--json');
    if (code !== 0) throw new Error(output);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
  };
  const send = async (n: number): Promise<string> => {
    const { body } = await live.send(`+2547250000${String(n).padStart(2, '0')}`);
    ids.push(body.message_id);
    await live.until(body.message_id, ({ final }) => final, 60_000);
    return body.message_id;
  };
  const why = async (id: string): Promise<Why> => (await live.call<Why & object>('GET', `/v1/messages/${id}/why`)).body;

  beforeAll(async () => {
    stack = await startStack();
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    sandbox = new SandboxClient(stack.handset);
    from = new Date().toISOString();
    await send(0);
    await sandbox.set('sandbox-tier-1', { answer: 'html' });
    unread = await send(50);
    ids.pop();
    await sandbox.set('sandbox-tier-1', { answer: 'normal', outage: 'refuse' });
    for (let n = 1; n <= 8; n++) await send(n);
    whileDown = new Date().toISOString();
    await sandbox.reset('sandbox-tier-1');
    // On trial after its cool-down, it takes a message again.
    for (let n = 9; (await live.message(ids.at(-1) ?? '')).provider !== 'tier_1'; n++) {
      if (n > 60) throw new Error('tier_1 was not used again');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await send(n);
    }
  });
  afterAll(async () => {
    await live?.close();
    await stack?.stop();
  });

  it('tells a customer why a message failed over, and nothing that is not theirs', async () => {
    const answer = await why(ids[1] ?? '');
    expect(answer).toMatchObject({
      outcome: { code: 'delivered', text: expect.stringContaining('tier_2 delivered it.') },
      tiers: [
        { provider: 'tier_1', health: 'healthy', verdict: 'picked', cost_kes: 0.8 },
        { provider: 'tier_2', health: 'healthy', verdict: 'behind', cost_kes: 1 },
        { provider: 'tier_3', health: 'healthy', verdict: 'behind', cost_kes: 2.5 },
      ],
      price: { provider: 'tier_2', per_segment_kes: 1, segments: 1, cost_kes: 1, charge: 'charged' },
    });
    const { attempts } = answer;
    expect(attempts[0]).toMatchObject({ provider: 'tier_1', outcome: 'refused', code: 'provider_unavailable' });
    expect(attempts.at(-1)).toMatchObject({ provider: 'tier_2', outcome: 'delivered', code: null });
    expect(JSON.stringify(answer)).not.toMatch(/sandbox-tier|score|risk|receipt|limit/i);
    // Which of them found the circuit open is a matter of the machine's speed.
    const all = await Promise.all(ids.slice(1, 9).map(why));
    expect(all.find(({ tiers }) => tiers[0]?.health === 'away')?.tiers).toMatchObject([
      { provider: 'tier_1', verdict: 'away' },
      { provider: 'tier_2', verdict: 'picked' },
      { provider: 'tier_3', verdict: 'behind' },
    ]);
  });

  it('tells an operator all of it, and writes down who opened the receipts', async () => {
    await eventually(
      async () => (await json<OperatorWhy>('message', 'why', ids[1] ?? '')).operator.receipts.length > 0,
      60_000,
    );
    const { operator, ...known } = await json<OperatorWhy>('message', 'why', ids[1] ?? '');
    expect(known).toEqual(await why(ids[1] ?? ''));
    expect(operator).toMatchObject({ risk: { score: 0, perMinute: 1 } });
    expect(operator.attempts[0]).toMatchObject({ account: 'sandbox-tier-1', own_code: 'connection_refused' });
    expect(operator.attempts.at(-1)).toMatchObject({ account: 'sandbox-tier-2' });
    expect(operator.receipts[0]?.raw).toContain('Success');
    const opened = await json<object[]>('audit', 'list', '--log', 'access');
    expect(opened[0]).toMatchObject({ reason: 'receipts_opened', resource: ids[1], status: 200 });
    const shown = await stack.cli('message', 'why', ids[1] ?? '');
    expect(shown).toMatchObject({ code: 0, output: expect.stringContaining('sandbox-tier-1') });
  });

  it('shows an operator what a provider answered that nobody could read, and nobody else', async () => {
    const { attempts } = await why(unread);
    expect(attempts).toMatchObject([
      { provider: 'tier_1', outcome: 'refused', code: 'provider_unavailable' },
      { provider: 'tier_2', outcome: 'delivered' },
    ]);
    const shownAnswers = async () => (await json<OperatorWhy>('message', 'why', unread)).operator.answers;
    await eventually(async () => (await shownAnswers()).length > 0, 60_000);
    expect(await shownAnswers()).toMatchObject([
      {
        attempt: 1,
        provider: 'sandbox-tier-1',
        code: 'unreadable_answer',
        status: 200,
        content_type: 'text/html; charset=iso-8859-1',
        raw: '<!doctype html><title>Maintenance</title><h1>Système en maintenance \u0014 à bientôt</h1>',
      },
    ]);
    const shown = await stack.cli('message', 'why', unread);
    expect(shown).toMatchObject({ code: 0, output: expect.stringContaining('<h1>Système en maintenance \ufffd à') });
    const opened = await json<object[]>('audit', 'list', '--log', 'access');
    expect(opened[0]).toMatchObject({ reason: 'answers_opened', resource: unread, status: 200 });

    const theirs = ['', '/why', '/timeline'].map((part) => live.call<object>('GET', `/v1/messages/${unread}${part}`));
    const bodies = (await Promise.all(theirs)).map(({ body }) => JSON.stringify(body));
    const metrics = await (await fetch(`${stack.base}/metrics`)).text();
    expect(metrics).toContain('waht_provider_answers_total{provider="sandbox-tier-1",kept="true"} 1');
    for (const text of [...bodies, metrics, stack.application.output()])
      expect(text).not.toMatch(/maintenance|doctype/i);
  });

  it('knows how the providers stood at an instant that has passed', async () => {
    const stateOf = async (...args: string[]) =>
      (await json<Health>('provider', 'health', ...args)).modes[0]?.providers.map(({ state }) => state);
    expect(await stateOf('--as-of', from)).toEqual(['healthy', 'healthy', 'healthy']);
    expect(await stateOf('--as-of', whileDown)).toEqual([expect.stringMatching(/away|trial/), 'healthy', 'healthy']);
    expect((await stack.cli('provider', 'health')).output).toContain('sandbox-tier-1');
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await stack.cli('provider', 'health', '--as-of', future)).code).toBe(1);
  });

  it('runs the window again: as it was nothing changes, and in another order all that could', async () => {
    const to = new Date(Date.now() + 1_000).toISOString();
    const window = ['routing', 'replay', '--from', from, '--to', to];
    const same = await json<ReplayAnswer>(...window);
    expect(same).toMatchObject({ messages: ids.length + 1, changed: 0, not_reproduced: { choices: 0, not_noted: 0 } });
    expect(same.cost_kes).toMatchObject({ difference: 0 });
    expect(same.delivered.recorded).toBe(ids.length + 1);
    const { available_kes } = await live.balance();
    expect(same.cost_kes.recorded).toBeCloseTo(100_000 - available_kes, 4);

    const other = await json<ReplayAnswer>(...window, '--set', 'order=tier_2,tier_1,tier_3');
    expect(other.changes.map(({ message_id }) => message_id)).toContain(ids[0]);
    expect(other.changes.find(({ message_id }) => message_id === ids[0])).toMatchObject({ estimate: true });
    // Those that failed over had a call at tier_2, so what it did with them is known.
    expect(other.changes.find(({ message_id }) => message_id === ids[1])).toMatchObject({ estimate: false });
    const dearer = await json<ReplayAnswer>(...window, '--set', 'price.tier_2=1.5');
    expect(dearer.changed).toBe(0);
    expect(dearer.cost_kes.difference).toBeGreaterThan(0);
    expect((await stack.cli(...window, '--set', 'order=tier_2')).code).toBe(1);
    expect((await stack.cli(...window)).output).toContain('as recorded');
  });
});
