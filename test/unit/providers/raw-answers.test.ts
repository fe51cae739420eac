import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SmsSubmission, SubmissionOutcome } from '../../../src/application/ports/sms-gateway';
import { outcomeOf as byAfricasTalking } from '../../../src/infrastructure/providers/africastalking/answer';
import { HttpExchange, type Exchange } from '../../../src/infrastructure/providers/http-exchange';
import { outcomeOf as byInfobip } from '../../../src/infrastructure/providers/infobip/mapper';
import { outcomeOf as byTwilio, settledBy } from '../../../src/infrastructure/providers/twilio/mapper';

const TO = '+254722000001';
const PAGE = Buffer.from('<h1>Système en maintenance</h1>', 'latin1');
const HTML = 'text/html; charset=iso-8859-1';

const answer = (status: number, bytes: Buffer, body: string | null = bytes.toString('utf8')): Exchange => ({
  kind: 'answer',
  status,
  contentType: HTML,
  retryAfterSeconds: null,
  body,
  bytes,
});
const said = (value: object): Exchange => answer(200, Buffer.from(JSON.stringify(value)));
const rawOf = (outcome: SubmissionOutcome) => (outcome.kind === 'accepted' ? undefined : outcome.raw);

describe.each<[string, (exchange: Exchange) => SubmissionOutcome]>([
  ["Africa's Talking", (exchange) => byAfricasTalking(exchange, TO)],
  ['Infobip', (exchange) => byInfobip(exchange, 'msg_1')],
  ['Twilio', byTwilio],
])('an answer of %s', (_name, outcomeOf) => {
  it('that is in no contract is a refusal, and there as it came', () => {
    const outcome = outcomeOf(answer(200, PAGE));
    expect(outcome).toMatchObject({ kind: 'refused', class: 'F', code: 'unreadable_answer', byProvider: false });
    expect(rawOf(outcome)).toEqual({ status: 200, contentType: HTML, head: PAGE });
  });
  it('that is too long is there up to 16 KiB', () => {
    const outcome = outcomeOf(answer(200, Buffer.alloc(65_536, '{'), null));
    expect(outcome).toMatchObject({ kind: 'refused', class: 'F', code: 'answer_too_long' });
    expect(rawOf(outcome)?.head).toEqual(Buffer.alloc(16_384, '{'));
  });
  it.each([403, 500])('that is read by its status %i alone is there', (status) => {
    const outcome = outcomeOf(answer(status, PAGE));
    expect(outcome).toMatchObject({ code: `http_${status}` });
    expect(rawOf(outcome)).toEqual({ status, contentType: HTML, head: PAGE });
  });
  it('that never came is not', () => {
    expect(outcomeOf({ kind: 'no_answer', code: 'connection_lost' })).toEqual({
      kind: 'unknown',
      code: 'connection_lost',
    });
    expect(rawOf(outcomeOf({ kind: 'not_sent', code: 'tls_error' }))).toBeUndefined();
  });
});

describe('an answer in its contract', () => {
  const recipients = (...all: object[]): Exchange => said({ SMSMessageData: { Message: 'Sent', Recipients: all } });
  const ours = { number: TO, cost: 'KES 0.8', messageId: 'ATXid_1' };

  it('is not kept where it says what it means', () => {
    for (const outcome of [
      byAfricasTalking(recipients({ ...ours, statusCode: 101 }), TO),
      byAfricasTalking(recipients({ ...ours, statusCode: 403 }), TO),
      byInfobip(said({ messages: [{ messageId: 'msg_1', status: { groupId: 5, id: 12 } }] }), 'msg_1'),
      byTwilio(answer(400, Buffer.from('{"code":21211}'))),
    ]) {
      expect(outcome).not.toHaveProperty('raw');
    }
  });
  it('is kept where it does not say what became of the message', () => {
    for (const [outcome, code] of [
      [byAfricasTalking(recipients(), TO), 'no_recipients'],
      [byAfricasTalking(recipients({ ...ours, number: '+254722999999', statusCode: 101 }), TO), 'recipient_missing'],
      [byAfricasTalking(recipients({ ...ours, messageId: 'None', statusCode: 101 }), TO), 'accepted_without_id'],
      [byAfricasTalking(recipients({ ...ours, statusCode: 777 }), TO), 'status_777'],
      [byInfobip(said({ messages: [] }), 'msg_1'), 'message_missing'],
    ] as const) {
      expect(outcome).toMatchObject({ code, raw: { status: 200, head: expect.any(Buffer) } });
    }
  });
});

describe('an answer to the question what became of a message', () => {
  const submission: SmsSubmission = {
    to: TO,
    from: 'WAHT',
    body: 'hello',
    encoding: 'gsm7',
    messageId: 'msg_1',
    attempt: 1,
    validForSeconds: 60,
  };
  const settled = (exchange: Exchange) => settledBy(exchange, submission, '2026-11-22T06:00:00.000Z');

  it('says nothing of it where nobody can read it, and is there', () => {
    const raw = { contentType: HTML, head: PAGE };
    expect(settled(answer(200, PAGE))).toEqual({
      kind: 'unknown',
      code: 'unreadable_answer',
      raw: { status: 200, ...raw },
    });
    expect(settled(answer(500, PAGE))).toEqual({ kind: 'unknown', code: 'http_500', raw: { status: 500, ...raw } });
  });
  it('is not kept where it is a list', () => {
    expect(settled(said({ messages: [] }))).toBeNull();
  });
});

describe('an exchange', () => {
  let server: Server;
  let exchange: HttpExchange;
  let reply: (response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      reply(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    exchange = new HttpExchange({ origin, deadlineMs: 10_000, connections: 1, bodyLimitBytes: 1_000 });
  });
  afterAll(async () => {
    await exchange.close();
    await new Promise((resolve) => server.close(resolve));
  });
  const post = (): Promise<Exchange> => exchange.post('/', {}, 'x');
  const bytesOf = (answered: Exchange): Buffer | null => (answered.kind === 'answer' ? answered.bytes : null);

  it('has the bytes of an answer that is not UTF-8', async () => {
    reply = (response) => response.end(PAGE);
    expect(bytesOf(await post())).toEqual(PAGE);
  });
  it('has the head of one that is too long, however it comes, and no body', async () => {
    reply = (response) => {
      response.write('x'.repeat(900));
      setTimeout(() => response.end('y'.repeat(100_000)), 20);
    };
    const answered = await post();
    expect(answered).toMatchObject({ kind: 'answer', status: 200, body: null });
    expect(bytesOf(answered)?.toString()).toBe('x'.repeat(900) + 'y'.repeat(100));
  });
  it('has all of one that is as long as may be', async () => {
    reply = (response) => response.end('z'.repeat(1_000));
    const answered = await post();
    expect(answered).toMatchObject({ kind: 'answer', body: 'z'.repeat(1_000) });
    expect(bytesOf(answered)?.toString()).toBe('z'.repeat(1_000));
  });
  it('has what came of an error page that was cut off', async () => {
    reply = (response) => {
      response.writeHead(503, { 'content-length': 500 });
      response.write('Serv', () => response.destroy());
    };
    expect(bytesOf(await post())?.toString()).toBe('Serv');
  });
});
