import { ask, Bench, failureOf, pause, until } from './support/bench';

describe("the sandbox as Africa's Talking", () => {
  const bench = new Bench();
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());
  beforeEach(() => bench.call('DELETE', '/sandbox/inbox'));

  it('answers 201 with a unique id, the handset has the text, and a report follows', async () => {
    const { Message, Recipients } = await bench.sendOk('+254712345678', 'x'.repeat(161));
    expect(Message).toBe('Sent to 1/1 Total Cost: KES 1.6000');
    expect(Recipients).toEqual([
      {
        statusCode: 101,
        number: '+254712345678',
        status: 'Success',
        cost: 'KES 1.6000',
        messageId: expect.stringMatching(/^ATXid_[0-9a-f]{32}$/),
      },
    ]);
    const { data, next_cursor } = await bench.inbox();
    expect(next_cursor).toBeNull();
    expect(data).toEqual([
      {
        id: expect.stringMatching(/^inb_\d{12}$/),
        to: '+254712345678',
        from: 'WAHT',
        body: 'x'.repeat(161),
        channel: 'sms',
        provider: 'at-tier_1',
        tier: 'tier_1',
        provider_message_id: Recipients[0]?.messageId,
        segments: 2,
        received_at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
    const id = Recipients[0]?.messageId ?? '';
    await until(() => bench.application.reportsOf(id).length === 1);
    expect(bench.application.callbacks.find(({ form }) => form['id'] === id)).toMatchObject({
      path: '/reports/at-tier_1',
      form: { status: 'Success', phoneNumber: '+254712345678', networkCode: '63902' },
    });
  });

  it('answers 201 with a code for each recipient, also when all fail', async () => {
    const { Recipients } = await bench.sendOk('+254700000107,+254700000111,12,+254700000100');
    expect(Recipients.map(({ statusCode, status, messageId }) => [statusCode, status, messageId === 'None'])).toEqual([
      [407, 'CouldNotRoute', true],
      [406, 'UserInBlacklist', true],
      [403, 'InvalidPhoneNumber', true],
      [101, 'Success', false],
    ]);
    expect((await bench.inbox()).data).toHaveLength(1);
  });

  it('answers XML when JSON is not asked for', async () => {
    const answer = await bench.send('+254700000100', 'Hello', { accept: '*/*' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/xml/);
    expect(answer.text).toContain('<statusCode>101</statusCode>');
  });

  it('refuses a bad key in plain text, a missing field, another method and another path', async () => {
    const bad = await bench.send('+254700000100', 'Hello', { key: 'wrong' });
    expect([bad.status, bad.headers.get('content-type')]).toEqual([401, 'text/plain; charset=utf-8']);
    expect((await bench.send('', 'Hello')).status).toBe(400);
    expect((await ask(`${bench.provider('tier_1')}/version1/messaging`, { method: 'PUT' })).status).toBe(405);
    expect((await ask(`${bench.provider('tier_1')}/`, {})).status).toBe(404);
    expect((await bench.inbox()).data).toEqual([]);
  });

  it('tells the balance', async () => {
    const url = `${bench.provider('tier_1')}/version1/user?username=sandbox`;
    const answer = await ask(url, { headers: { apiKey: 'secret-key' } });
    expect(JSON.parse(answer.text)).toEqual({ UserData: { balance: 'KES 1785.50' } });
    expect((await ask(url, {})).status).toBe(401);
  });

  it('refuses a body that no provider would read', async () => {
    expect((await bench.send('+254700000100', 'x'.repeat(1_100_000))).status).toBe(413);
  });

  it('serves 07 at the second tier, and 08 at none', async () => {
    const code = async (to: string, tier: string) =>
      (await bench.sendOk(to, 'Hello', { tier })).Recipients[0]?.statusCode;
    expect(await code('+254700000107', 'tier_1')).toBe(407);
    expect(await code('+254700000107', 'tier_2')).toBe(101);
    expect(await code('+254700000108', 'tier_1')).toBe(407);
    expect(await code('+254700000108', 'tier_2')).toBe(407);
  });

  it('never answers 09, though the handset has the text and no report comes', async () => {
    expect(await failureOf(bench.send('+254700000109', 'Silence', { timeoutMs: 300 }))).toBe('timeout');
    expect((await bench.inbox()).data).toMatchObject([{ to: '+254700000109', body: 'Silence' }]);
    await pause(150);
    expect(bench.application.callbacks.filter(({ form }) => form['phoneNumber'] === '+254700000109')).toEqual([]);
  });

  it('fails 10 twice for each text, then takes it', async () => {
    const codes: (number | undefined)[] = [];
    for (const text of ['a', 'b', 'a', 'a', 'b', 'b'])
      codes.push((await bench.sendOk('+254700000110', text)).Recipients[0]?.statusCode);
    expect(codes).toEqual([500, 500, 500, 101, 500, 101]);
  });

  it.each([
    ['01', 0, [['Failed', 'UserDoesNotExist']]],
    ['02', 0, [['AbsentSubscriber', undefined]]],
    ['03', 1, []],
    ['04', 1, []],
    ['05', 1, Array.from({ length: 3 }, () => ['Success', undefined])],
    [
      '06',
      1,
      [
        ['Success', undefined],
        ['Failed', 'DeliveryFailure'],
      ],
    ],
    ['12', 1, [['Success', undefined]]],
  ])('reserved %s: %d on the handset, reports %j', async (suffix, received, reports) => {
    const id = await bench.take(`+2547000001${suffix}`);
    expect((await bench.inbox()).data).toHaveLength(received);
    await until(() => bench.application.reportsOf(id).length >= reports.length);
    await pause(120);
    expect(bench.application.reportsOf(id).map((form) => [form['status'], form['failureReason']])).toEqual(reports);
  });
});
