import { createServer, type AddressInfo, type Server } from 'node:net';
import type { SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import { eventually } from '../../support/eventually';
import { AfricasTalkingGateway } from '../../../src/infrastructure/providers/africastalking/gateway';
import { DEADLINE_MS, sandboxBench, submission, type SandboxBench } from './sandbox-bench';

describe.each(['africastalking', 'africastalking-bulk'] as const)('the codes of %s', (adapter) => {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await sandboxBench(adapter);
  });
  afterAll(() => bench?.stop());
  beforeEach(() => bench.acceptsAll());

  it.each([
    [401, 'F!', 'destination', true],
    [402, 'F!', 'sender', true],
    [403, 'P', null, true],
    [404, 'P', null, true],
    [405, 'F!', 'account', true],
    [406, 'P', null, true],
    [407, 'F', null, true],
    [409, 'F', null, true],
    [500, 'R', null, true],
    [501, 'R', null, true],
    [502, 'F', null, true],
    [777, 'F', null, true],
  ])('%i is class %s', async (code, failureClass, scope, byProvider) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider, code: `${code}` };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it.each([
    ['http-400', 'P', null],
    ['http-401', 'F!', 'account'],
    ['http-403', 'F!', 'account'],
    ['http-500', 'R', null],
    ['http-502', 'R', null],
  ])('%s is class %s', async (code, failureClass, scope) => {
    await bench.set({ errors: [{ code, share: 1 }] });
    const expected = { kind: 'refused', class: failureClass, scope, byProvider: false };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it('a refusal of the whole request has an empty list of recipients', async () => {
    await bench.set({ errors: [{ code: 'InvalidSenderId', share: 1 }] });
    const expected = { kind: 'refused', class: 'F!', scope: 'sender', code: '402', byProvider: true };
    expect(await bench.gateway.submit(submission())).toMatchObject(expected);
  });
  it.each([
    ['Failed', 'F', 'delivery_failed', null],
    ['Rejected', 'F', 'rejected', null],
    ['Expired', 'R', 'not_delivered_in_time', null],
    ['InsufficientCredit', 'F!', 'provider_account', 'account'],
    ['UserInBlackList', 'P', 'opted_out', null],
    ['NotNetworkSubcriber', 'F', 'wrong_network', null],
  ])('a report of %s is class %s', async (reason, failureClass, failureCode, scope) => {
    await bench.set({ report: { outcome: 'undelivered', reason, before_answer: true } });
    await bench.gateway.submit(submission());
    expect(bench.readings()).toMatchObject([
      { outcome: 'failed', class: failureClass, failureCode, scope, code: reason },
    ]);
  });
  it('passes on what the provider says it costs', async () => {
    const outcome = await bench.gateway.submit(submission({ body: 'x'.repeat(161) }));
    expect(outcome).toMatchObject({ kind: 'accepted', providerCost: 'KES 1.6000' });
  });
  it('brings text and sender as they are', async () => {
    await bench.gateway.submit(submission({ body: 'Habari & karibu + €', from: 'MAMA MBOGA' }));
    expect((await bench.inbox()).at(-1)).toMatchObject({ body: 'Habari & karibu + €', from: 'MAMA MBOGA' });
  });
  it('a wrong key concerns the account', async () => {
    const gateway = bench.another({ apiKey: 'another-key' });
    const expected = { kind: 'refused', class: 'F!', scope: 'account', code: 'http_401' };
    expect(await gateway.submit(submission())).toMatchObject(expected);
  });
});

describe('an answer on the wire', () => {
  let server: Server;
  let wire: { answer: string; then: 'keep' | 'reset' };
  let gateway: AfricasTalkingGateway;

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        socket.write(wire.answer, () => {
          if (wire.then === 'reset') socket.resetAndDestroy();
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const account = { tier: 'tier_1', name: 'at', adapter: 'africastalking', simulated: true, url } as const;
    gateway = new AfricasTalkingGateway(
      { ...account, username: 'waht', apiKey: 'k' },
      { deadlineMs: DEADLINE_MS, connections: 4 },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await new Promise((resolve) => server.close(resolve));
  });
  const answerWith = async (status: string, body: string, then: 'keep' | 'reset' = 'keep', length = body.length) => {
    const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
    wire = { answer: head + body, then };
    return gateway.submit(submission({ to: '+254722000001' }));
  };
  const recipients = (...all: object[]) => JSON.stringify({ SMSMessageData: { Message: 'Sent', Recipients: all } });
  const unknown = (code: string): SubmissionOutcome => ({ kind: 'unknown', code });

  it('that is cut off is unknown, although its status says created', async () => {
    expect(await answerWith('201 Created', '{"SMSMess', 'reset', 500)).toEqual(unknown('connection_lost'));
  });
  it('that refuses is a refusal although its page is cut off', async () => {
    const outcome = await answerWith('503 Service Unavailable', 'Serv', 'reset', 500);
    expect(outcome).toMatchObject({ kind: 'refused', class: 'R', code: 'http_503' });
  });
  it('without an answer, on a connection that is reset after the request, is unknown', async () => {
    wire = { answer: 'H', then: 'reset' };
    expect(await gateway.submit(submission({ to: '+254722000001' }))).toEqual(unknown('connection_lost'));
  });
  it('that names another number does not say what became of this one', async () => {
    const other = { statusCode: 101, number: '+254722999999', cost: 'KES 0.8', messageId: 'ATXid_1' };
    expect(await answerWith('201 Created', recipients(other))).toMatchObject(unknown('recipient_missing'));
  });
  it('is matched by number, not by place, and takes numbers for strings', async () => {
    const other = { statusCode: 403, number: '+254722999999', cost: '0', messageId: 'None' };
    const ours = { statusCode: '101', number: 254722000001, cost: 0.8, messageId: 'ATXid_2' };
    expect(await answerWith('201 Created', recipients(other, ours))).toEqual({
      kind: 'accepted',
      providerMessageId: 'ATXid_2',
      providerCost: '0.8',
    });
  });
  it('that accepts without an id is unknown: no report could be told apart', async () => {
    const ours = { statusCode: 101, number: '+254722000001', cost: 'KES 0.8', messageId: 'None' };
    expect(await answerWith('201 Created', recipients(ours))).toMatchObject(unknown('accepted_without_id'));
  });
  it('of another address is not followed', async () => {
    wire = { answer: 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n', then: 'keep' };
    const outcome = await gateway.submit(submission({ to: '+254722000001' }));
    expect(outcome).toMatchObject({ kind: 'refused', class: 'F!', scope: 'account', code: 'http_302' });
  });
});

describe.each(['africastalking', 'africastalking-bulk'] as const)('opt-outs of %s', (adapter) => {
  let bench: SandboxBench;
  beforeAll(async () => {
    bench = await sandboxBench(adapter);
  });
  afterAll(() => bench?.stop());

  it('come by a call of its own, since nobody can answer a sender that is a name', async () => {
    await bench.reply('+254722000001', 'WAHT', 'Stop');
    await eventually(() => Promise.resolve(bench.keptTexts.length > 0), 5_000);
    expect(bench.textReadings()).toEqual([{ kind: 'opt_out', sender: 'WAHT', phone: '+254722000001' }]);
    expect(await bench.answerTo(bench.optOutPath, 'senderId=WAHT&phoneNumber=254722000001')).toEqual({
      status: 200,
      text: 'OK',
    });
    expect(await bench.post(bench.optOutPath.replace('the-secret', 'another'), 'senderId=WAHT')).toBe(404);
  });
});
