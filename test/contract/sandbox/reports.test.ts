import { Bench, pause, until } from './support/bench';

const NUMBER = '+254712345678';

describe('reports that are owed', () => {
  const bench = new Bench({ inbound: true });
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());
  beforeEach(() => {
    bench.application.callbacks.length = 0;
    bench.application.answers.length = 0;
  });
  const reports = () => bench.application.callbacks;

  it('are sent again until they are answered 2xx, and no more then', async () => {
    bench.application.answers.push(503, 302, 204);
    await bench.sendOk(NUMBER);
    await until(() => reports().length === 3);
    const [first, second, third] = reports().map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(490);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(990);
    expect(new Set(reports().map(({ form }) => form['id'])).size).toBe(1);
    await pause(300);
    expect(reports()).toHaveLength(3);
  });

  it('count once they are answered', async () => {
    const count = async () => JSON.parse((await bench.call('GET', '/sandbox/providers')).text).data[0].reports;
    const before = await count();
    await bench.sendOk(NUMBER);
    await until(async () => (await count()) === before + 1);
  });

  it('wait for an application that is away, and follow when it is back, each once', async () => {
    await bench.application.stop();
    const sent = await Promise.all(Array.from({ length: 40 }, () => bench.sendOk(NUMBER)));
    await pause(400);
    await bench.application.start();
    await until(() => new Set(reports().map(({ form }) => form['id'])).size === 40, 15_000);
    expect(reports()).toHaveLength(40);
    expect(new Set(reports().map(({ form }) => form['id']))).toEqual(
      new Set(sent.map(({ Recipients }) => Recipients[0]?.messageId)),
    );
  }, 30_000);

  it('do not wait for those of another provider', async () => {
    await bench.switch({ report: { delay_ms: 3_000 } });
    await bench.sendOk(NUMBER);
    await bench.sendOk(NUMBER, 'Hello', { tier: 'tier_2' });
    await until(() => reports().some(({ path }) => path === '/reports/at-tier_2'), 1_000);
    await bench.call('PUT', '/sandbox/providers/at-tier_1', {});
  });

  it('and the inbox outlive a restart', async () => {
    await bench.switch({ report: { delay_ms: 1_000 } });
    await bench.call('DELETE', '/sandbox/inbox');
    const { Recipients } = await bench.sendOk(NUMBER, 'Before');
    await bench.stopSandbox();
    expect(reports()).toEqual([]);
    await bench.startSandbox();
    await until(() => reports().length === 1);
    expect(reports()[0]?.form['id']).toBe(Recipients[0]?.messageId);
    await bench.sendOk(NUMBER, 'After');
    const { data } = await bench.inbox();
    expect(data.map((row) => row['body'])).toEqual(['Before', 'After']);
  });

  it('carry a handset’s text to the provider that last wrote to it', async () => {
    await bench.sendOk(NUMBER, 'Hello', { tier: 'tier_2' });
    bench.application.answers.push(200, 500);
    const path = `/sandbox/handsets/${encodeURIComponent(NUMBER)}/messages`;
    const answer = await bench.call('POST', path, { to: '22384', body: 'STOP' });
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.text)).toMatchObject({ from: NUMBER, to: '22384', body: 'STOP', provider: 'at-tier_2' });
    const inbound = () => reports().filter((callback) => callback.path === '/inbound/at-tier_2');
    await until(() => inbound().length >= 1);
    expect(inbound()[0]?.form).toMatchObject({ from: NUMBER, to: '22384', text: 'STOP', networkCode: '63902' });
  });

  it('refuses a handset’s text with bad fields', async () => {
    const bad = await bench.call('POST', '/sandbox/handsets/nobody/messages', { to: '1', body: 'x' });
    expect([bad.status, JSON.parse(bad.text).errors[0].field]).toEqual([422, 'number']);
    const fields = await bench.call('POST', '/sandbox/handsets/0712345678/messages', { body: 3, extra: 1 });
    expect(JSON.parse(fields.text).errors.map((error: { field: string }) => error.field)).toEqual([
      'extra',
      'to',
      'body',
    ]);
  });
});
