import { connect } from 'node:net';
import { Bench, failureOf, pause, until } from './support/bench';

const NUMBER = '+254712345678';

describe('the switches of a simulated provider', () => {
  const bench = new Bench();
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());
  beforeEach(async () => {
    for (const tier of ['tier_1', 'tier_2']) await bench.call('PUT', `/sandbox/providers/at-${tier}`, {});
    await bench.call('DELETE', '/sandbox/inbox');
  });
  const received = async () => (await bench.inbox()).data.length;
  const statuses = async (id: string, count: number) => {
    await until(() => bench.application.reportsOf(id).length >= count);
    await pause(80);
    return bench.application.reportsOf(id).map((form) => form['status']);
  };

  it('refuse really closes the listener, of this provider only, and opens it again on the same port', async () => {
    await bench.sendOk(NUMBER);
    const before = bench.provider('tier_1');
    await bench.switch({ outage: 'refuse' });
    expect(await failureOf(bench.send(NUMBER))).toBe('ECONNREFUSED');
    await bench.sendOk(NUMBER, 'Hello', { tier: 'tier_2' });
    await bench.switch({ outage: 'none' });
    await bench.sendOk(NUMBER);
    expect(bench.provider('tier_1')).toBe(before);
  });

  it('refuse cuts calls that are under way and drops what latency held back', async () => {
    await bench.switch({ latency_ms: 400 });
    const call = failureOf(bench.send(NUMBER));
    await pause(100);
    await bench.switch({ outage: 'refuse' });
    expect(['UND_ERR_SOCKET', 'ECONNRESET']).toContain(await call);
    await pause(400);
    expect(await received()).toBe(0);
  });

  it('reset answers a connection with RST', async () => {
    await bench.switch({ outage: 'reset' });
    const socket = connect(Number(new URL(bench.provider('tier_1')).port), '127.0.0.1');
    const code = await new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on('close', () => resolve('closed'));
      socket.write('POST /version1/messaging HTTP/1.1\r\n');
    });
    expect(['ECONNRESET', 'EPIPE']).toContain(code);
    expect(await received()).toBe(0);
  });

  it('reset with a share resets only those requests', async () => {
    await bench.switch({ outage: 'reset', share: 0.5 });
    const results: string[] = [];
    for (let round = 0; round < 4; round += 1) results.push(await failureOf(bench.send(NUMBER)));
    expect(results.filter((result) => result === 'answered 201')).toHaveLength(2);
    expect(await received()).toBe(2);
  });

  it('503 answers so, with Retry-After when it is set', async () => {
    await bench.switch({ outage: '503', retry_after_s: 7 });
    const answer = await bench.send(NUMBER);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await received()).toBe(0);
  });

  it('retry_after_s alone answers 429, and beside code 429 only its share', async () => {
    await bench.switch({ retry_after_s: 3 });
    const answer = await bench.send(NUMBER);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
    await bench.switch({ errors: [{ code: 429, share: 0.5 }] });
    const codes = [(await bench.send(NUMBER)).status, (await bench.send(NUMBER)).status];
    expect(codes).toEqual([201, 429]);
  });

  it('hang before_accept never answers and takes nothing', async () => {
    await bench.switch({ hang: 'before_accept' });
    expect(await failureOf(bench.send(NUMBER, 'Hello', { timeoutMs: 250 }))).toBe('timeout');
    expect(await received()).toBe(0);
  });

  it('hang after_accept never answers, but the handset has the text and the report comes', async () => {
    await bench.switch({ hang: 'after_accept' });
    expect(await failureOf(bench.send(NUMBER, 'Hello', { timeoutMs: 250 }))).toBe('timeout');
    const { data } = await bench.inbox();
    expect(data).toHaveLength(1);
    expect(await statuses(String(data[0]?.['provider_message_id']), 1)).toEqual(['Success']);
  });

  it('latency_ms delays the answer, and the text is taken even when the caller has gone', async () => {
    await bench.switch({ latency_ms: 200 });
    const startMs = Date.now();
    await bench.sendOk(NUMBER);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(195);
    expect(await failureOf(bench.send(NUMBER, 'Hello', { timeoutMs: 50 }))).toBe('timeout');
    await until(async () => (await received()) === 2);
  });

  it('errors refuse with the provider’s own codes, each its share', async () => {
    await bench.switch({ errors: [{ code: 407, share: 0.5 }] });
    const codes: (number | undefined)[] = [];
    for (let round = 0; round < 4; round += 1) codes.push((await bench.sendOk(NUMBER)).Recipients[0]?.statusCode);
    expect(codes).toEqual([101, 407, 101, 407]);
    expect(await received()).toBe(2);
  });

  it('errors can refuse the whole request, by an HTTP status too, or with a code that nobody knows', async () => {
    await bench.switch({ errors: [{ code: 'InvalidSenderId', share: 1 }] });
    expect(await bench.sendOk(NUMBER)).toEqual({ Message: 'InvalidSenderId', Recipients: [] });
    await bench.switch({ errors: [{ code: 'http-401', share: 1 }] });
    expect((await bench.send(NUMBER)).status).toBe(401);
    await bench.switch({ errors: [{ code: 777, share: 1 }] });
    expect((await bench.sendOk(NUMBER)).Recipients[0]).toMatchObject({ statusCode: 777, messageId: 'None' });
  });

  it('answer error_in_200, html and oversize take nothing', async () => {
    await bench.switch({ answer: 'error_in_200' });
    const error = await bench.send(NUMBER);
    expect([error.status, JSON.parse(error.text).SMSMessageData.Recipients]).toEqual([200, []]);
    await bench.switch({ answer: 'html' });
    const html = await bench.send(NUMBER);
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=iso-8859-1']);
    await bench.switch({ answer: 'oversize' });
    const oversize = await bench.send(NUMBER);
    expect([oversize.status, oversize.text.length]).toEqual([200, 10 * 1_048_576]);
    expect(await received()).toBe(0);
  });

  it('report outcome and reason', async () => {
    await bench.switch({ report: { outcome: 'undelivered', reason: 'NotNetworkSubcriber' } });
    const failed = await bench.take(NUMBER);
    expect(await statuses(failed, 1)).toEqual(['Failed']);
    expect(bench.application.reportsOf(failed)[0]?.['failureReason']).toBe('NotNetworkSubcriber');
    expect(await received()).toBe(0);
    await bench.switch({ report: { outcome: 'none', reason: null } });
    const silent = await bench.take(NUMBER);
    await pause(150);
    expect(bench.application.reportsOf(silent)).toEqual([]);
    expect(await received()).toBe(1);
  });

  it('report before_answer reaches the application before the send is answered', async () => {
    await bench.switch({ report: { before_answer: true } });
    const id = await bench.take(NUMBER);
    expect(bench.application.reportsOf(id)).toHaveLength(1);
  });

  it('report delay_ms, copies, reorder and contradict', async () => {
    await bench.switch({ report: { delay_ms: 300 } });
    const startMs = Date.now();
    const late = await bench.take(NUMBER);
    await statuses(late, 1);
    const report = bench.application.callbacks.find(({ form }) => form['id'] === late);
    expect((report?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(295);
    await bench.switch({ report: { delay_ms: 0, copies: 4 } });
    expect(await statuses(await bench.take(NUMBER), 4)).toEqual(Array.from({ length: 4 }, () => 'Success'));
    await bench.switch({ report: { copies: 1, reorder: true, contradict: true } });
    expect(await statuses(await bench.take(NUMBER), 4)).toEqual(['Success', 'Submitted', 'Sent', 'Failed']);
  });

  it('report unknown_id names an id that was never given out', async () => {
    await bench.switch({ report: { unknown_id: true } });
    const number = '+254712999999';
    const id = await bench.take(number);
    const reports = () => bench.application.callbacks.filter(({ form }) => form['phoneNumber'] === number);
    await until(() => reports().length === 1);
    expect(reports()[0]?.form['id']).toMatch(/^ATXid_[0-9a-f]{32}$/);
    expect(reports()[0]?.form['id']).not.toBe(id);
  });

  it('bad_signature and id_radix are taken and mean nothing here', async () => {
    await bench.switch({ report: { bad_signature: true, id_radix: 16 } });
    expect(await statuses(await bench.take(NUMBER), 1)).toEqual(['Success']);
  });

  it('PATCH answers the new state; bad switches are named and change nothing; PUT {} resets', async () => {
    const good = await bench.call('PATCH', '/sandbox/providers/at-tier_1', { share: 0.5, report: { copies: 2 } });
    expect(JSON.parse(good.text)).toMatchObject({ share: 0.5, outage: 'none', report: { copies: 2, delay_ms: 50 } });
    const bad = await bench.call('PATCH', '/sandbox/providers/at-tier_1', {
      share: 3,
      nope: 1,
      errors: [{ code: 'E' }],
    });
    expect([bad.status, bad.headers.get('content-type')]).toEqual([422, 'application/problem+json; charset=utf-8']);
    expect(JSON.parse(bad.text)).toMatchObject({
      status: 422,
      code: 'validation_failed',
      errors: [{ field: 'share' }, { field: 'nope' }, { field: 'errors[0].code' }].map(expect.objectContaining),
    });
    const { data } = JSON.parse((await bench.call('GET', '/sandbox/providers')).text);
    expect(data[0].state.share).toBe(0.5);
    const reset = await bench.call('PUT', '/sandbox/providers/at-tier_1', {});
    expect(JSON.parse(reset.text)).toMatchObject({ share: 1, report: { copies: 1 } });
    expect((await bench.call('PATCH', '/sandbox/providers/nobody', {})).status).toBe(404);
  });
});
