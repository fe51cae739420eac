import { sandboxBench, submission, type SandboxBench } from './sandbox-bench';

// A hung call is waited for until its deadline.
jest.setTimeout(20_000);

describe('Infobip', () => {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await sandboxBench('infobip');
  });
  afterAll(() => bench?.stop());
  beforeEach(() => bench.acceptsAll());

  it.each([
    [4, 'F', null],
    [6, 'F', null],
    [8, 'P', null],
    [10, 'P', null],
    [11, 'F!', 'sender'],
    [12, 'F!', 'account'],
    [13, 'F!', 'sender'],
    [14, 'P', null],
    [17, 'F!', 'account'],
    [18, 'F!', 'account'],
    [19, 'F', null],
    [20, 'F', null],
    [21, 'R', null],
    [24, 'P', null],
    [25, 'P', null],
    [51, 'P', null],
    [52, 'P', null],
    [87, 'F', null],
    [100, 'F', null],
    [999, 'F', null],
  ])('reads status %i as class %s', async (code, failureClass, scope) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider: true, code: String(code) };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it.each([
    ['http-400', 'P', null],
    ['http-401', 'F!', 'account'],
    ['http-403', 'F!', 'account'],
    ['http-500', 'R', null],
  ])('reads %s as class %s', async (code, failureClass, scope) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider: false };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it('concerns the account where the key is wrong', async () => {
    const expected = { kind: 'refused', class: 'F!', scope: 'account', code: 'http_401' };
    expect(await bench.another({ apiKey: 'another' }).submit(submission())).toMatchObject(expected);
  });
  it('is told our own id, and takes the same one for the same message', async () => {
    const message = submission();
    const accepted = { kind: 'accepted', providerMessageId: message.messageId, providerCost: null };
    expect(await bench.gateway.submit(message)).toEqual(accepted);
    expect(await bench.gateway.submit(message)).toEqual(accepted);
    expect(await bench.taken()).toBe(1);
  });
  it.each(['after_accept', 'before_accept'] as const)(
    'settles what was left without an answer (%s) by asking again, with one copy',
    async (hang) => {
      const message = submission();
      await bench.set({ hang });
      expect(await bench.gateway.submit(message)).toMatchObject({ kind: 'unknown' });
      expect(await bench.gateway.settle?.(message, new Date().toISOString())).toBeNull();
      await bench.set({ hang: 'none' });
      const settled = await bench.gateway.settle?.(message, new Date().toISOString());
      expect(settled).toMatchObject({ kind: 'accepted', providerMessageId: message.messageId });
      expect((await bench.inbox()).filter(({ to }) => to === message.to)).toHaveLength(1);
    },
  );
  it('is not settled by a failure of the question', async () => {
    await bench.refusesConnections();
    expect(await bench.gateway.settle?.(submission(), new Date().toISOString())).toBeNull();
    await bench.set({ outage: 'none', answer: 'html' });
    const unread = { kind: 'unknown', code: 'unreadable_answer', raw: { status: 200 } };
    expect(await bench.gateway.settle?.(submission(), new Date().toISOString())).toMatchObject(unread);
  });
  it.each([
    ['1', 'P', 'unknown_subscriber', null],
    ['27', 'R', 'absent_subscriber', null],
    ['9', 'P', 'barred_subscriber', null],
    ['256', 'R', 'memory_full', null],
    ['500', 'R', 'network_error', null],
    ['603', 'P', 'opted_out', null],
    ['628', 'R', 'absent_subscriber', null],
    ['4101', 'F', 'not_delivered_in_time', null],
    ['4103', 'F', 'provider_busy', null],
    ['status-12', 'F!', 'provider_account', 'account'],
    ['status-13', 'F!', 'sender_not_accepted', 'sender'],
    ['status-15', 'R', 'not_delivered_in_time', null],
  ])('reads a report with error %s as class %s', async (reason, failureClass, failureCode, scope) => {
    await bench.set({ report: { outcome: 'undelivered', reason, before_answer: true } });
    await bench.gateway.submit(submission());
    expect(bench.readings()).toMatchObject([{ outcome: 'failed', class: failureClass, failureCode, scope }]);
  });
  it('does not take a report of an unknown fate for a failure', async () => {
    await bench.set({ report: { outcome: 'undelivered', reason: 'status-29', before_answer: true } });
    await bench.gateway.submit(submission());
    expect(bench.readings()).toMatchObject([{ outcome: 'in_transit', code: 'status_29' }]);
  });
  it('takes a hundred reports in one request, each by itself', async () => {
    const status = { groupId: 3, groupName: 'DELIVERED', id: 5, name: 'DELIVERED_TO_HANDSET' };
    const results = Array.from({ length: 100 }, (_, n) => ({ messageId: `m${n}`, to: '254722000001', status }));
    expect(await bench.post(bench.reportPath, JSON.stringify({ results }))).toBe(200);
    expect(bench.readings().map(({ providerMessageId }) => providerMessageId)).toEqual(
      results.map(({ messageId }) => messageId),
    );
  });
  it('answers such a request 200 only where each of them is kept', async () => {
    bench.failToKeep(1);
    const status = { groupId: 3, id: 5 };
    const results = ['a', 'b', 'c'].map((messageId) => ({ messageId, to: '254722000001', status }));
    expect(await bench.post(bench.reportPath, JSON.stringify({ results }))).toBe(503);
  });

  it('brings several texts in one request, each kept by itself', async () => {
    const text = (messageId: string, from: string) => ({ messageId, from, to: 22384, text: `of ${from}`, smsCount: 1 });
    const body = JSON.stringify({ results: [text('A', '254722000001'), text('B', '254722000002')], messageCount: 2 });
    expect(await bench.post(bench.inboundPath, body)).toBe(200);
    expect(bench.textReadings()).toMatchObject([
      { providerTextId: 'A', from: '+254722000001', to: '22384', text: 'of 254722000001' },
      { providerTextId: 'B', from: '+254722000002', to: '22384', text: 'of 254722000002' },
    ]);
  });
});
