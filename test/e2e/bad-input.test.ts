import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, GatewayClient, type Message, SandboxClient } from '../support/gateway-client';
import { waht } from '../support/provisioning';
import { rawHttp } from '../support/raw-http';
import { rawLog } from '../support/raw-log';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(60_000);

const OK = { to: '+254712345678', channel: 'sms', body: 'Hello' };
const JSON_TYPE = { 'content-type': 'application/json' };
const UTF16 = Buffer.from(JSON.stringify(OK), 'utf16le');
const LATIN1 = Buffer.from('{"to":"+254712345678","channel":"sms","body":"caf\xe9"}', 'latin1');

interface Problem {
  readonly code: string;
  readonly request_id: string;
  readonly errors?: { field: string }[];
}

/** What a list shows once it has caught up. */
async function listed<T>(look: () => Promise<T | null>): Promise<T> {
  for (const deadline = performance.now() + 5_000; performance.now() < deadline; await delay(20)) {
    const seen = await look();
    if (seen !== null) return seen;
  }
  throw new Error('the list did not catch up');
}

describe('bad input', () => {
  let stack: Stack;
  let live: GatewayClient;
  let test: GatewayClient;
  let poor: GatewayClient;
  const authorization = (): string => `Authorization: Bearer ${live.key}\r\n`;

  /** A customer who can pay for one message. */
  async function customerWithMoneyForOne(): Promise<GatewayClient> {
    const { customer_id: id = '' } = await waht(stack, 'customer', 'register', '--name', 'One message');
    const prices = ['--tier-1', '0.8', '--tier-2', '1', '--tier-3', '2.5'];
    const { price_list_id: list = '' } = await waht(stack, 'price-list', 'publish', '--name', 'One', ...prices);
    await waht(stack, 'price-list', 'assign', id, list);
    await waht(stack, 'routing', 'assign', id, 'tier_1');
    await waht(stack, 'sender-id', 'request', id, 'ONE');
    await waht(stack, 'sender-id', 'approve', id, 'ONE', '--tier', 'tier_1');
    await waht(stack, 'sender-id', 'default', id, 'ONE');
    await waht(stack, 'limits', 'set', id, '--requests-per-second', '60');
    await waht(stack, 'wallet', 'credit', id, '0.8', '--note', 'for one message');
    const { key = '' } = await waht(stack, 'key', 'issue', id, '--kind', 'live');
    return new GatewayClient(stack.base, key);
  }

  async function post(body: string | Buffer | object, headers: Record<string, string> = {}): Promise<Answer<Problem>> {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = await fetch(`${stack.base}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${live.key}`, ...JSON_TYPE, ...headers },
      body: typeof payload === 'string' ? payload : new Uint8Array(payload),
    });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: (await answer.json()) as Problem,
    };
  }

  function expectProblem({ status, headers, body }: Answer<Problem>, expected: number, code: string): void {
    expect([status, body.code]).toEqual([expected, code]);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(headers['x-request-id']).toBe(body.request_id);
  }

  beforeAll(async () => {
    stack = await startStack();
    live = new GatewayClient(stack.base, stack.demo?.live_key ?? '');
    test = new GatewayClient(stack.base, stack.demo?.test_key ?? '');
    poor = await customerWithMoneyForOne();
  });
  afterAll(async () => {
    await Promise.all([live?.close(), test?.close(), poor?.close()]);
    await stack?.stop();
  });

  describe('that is refused', () => {
    let before: { available: number; events: number };
    const standing = async (): Promise<typeof before> => ({
      available: (await live.balance()).available_kes,
      events: (await rawLog(stack.env['ESDB_URL'] ?? '')).length,
    });
    beforeAll(async () => {
      before = await standing();
    });

    it.each<[string, string | Buffer | object, number, string]>([
      ['1 malformed JSON', '{"to":', 400, 'malformed_json'],
      ['1 an empty body', '', 400, 'malformed_json'],
      ['1 a byte order mark', `\ufeff${JSON.stringify(OK)}`, 400, 'malformed_json'],
      ['1 UTF-16', UTF16, 400, 'malformed_json'],
      ['1 half a surrogate pair', '{"to":"+254712345678","channel":"sms","body":"\\ud800"}', 400, 'malformed_json'],
      ['2 a member twice', '{"to":1,"to":2}', 400, 'malformed_json'],
      ['3 __proto__', '{"__proto__":{"admin":true}}', 422, 'validation_failed'],
      ['3 constructor', '{"constructor":{"prototype":{}}}', 422, 'validation_failed'],
      ['4 100 000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 400, 'malformed_json'],
      ['5 more than 256 KiB', { ...OK, body: 'x'.repeat(256 * 1_024) }, 413, 'too_large'],
      ['7 1e400', JSON.stringify(OK).replace('}', ',"valid_for_seconds":1e400}'), 422, 'validation_failed'],
      ['7 text for a number', { ...OK, valid_for_seconds: '0x10' }, 422, 'validation_failed'],
      ['7 a fraction', { ...OK, valid_for_seconds: 60.5 }, 422, 'validation_failed'],
      ['9 U+0000', { ...OK, body: 'a\0b' }, 422, 'validation_failed'],
      ['9 a text that is not UTF-8', LATIN1, 422, 'validation_failed'],
      ['10 an unknown field', { ...OK, price: 0, tenantId: 'cus_1' }, 422, 'validation_failed'],
      ['10 a field not yet served', { ...OK, callback_url: 'https://example.test' }, 422, 'not_yet_available'],
      ['30 a short code', { ...OK, to: '22040' }, 422, 'validation_failed'],
      ['30 an emergency number', { ...OK, to: '999' }, 422, 'validation_failed'],
      ['30 a fixed line', { ...OK, to: '+254202222222' }, 422, 'validation_failed'],
      ['30 an unassigned number', { ...OK, to: '+254199999999' }, 422, 'validation_failed'],
      ['30 Arabic-Indic digits', { ...OK, to: '٠٧١٢٣٤٥٦٧٨' }, 422, 'validation_failed'],
      ['30 an extension', { ...OK, to: '0712345678 ext 5' }, 422, 'validation_failed'],
      ['30 a zero too many', { ...OK, to: '+2540712345678' }, 422, 'validation_failed'],
      ['30 a premium number', { ...OK, to: '+254900123456' }, 403, 'destination_not_allowed'],
      ['30 a closed country', { ...OK, to: '+447912345678' }, 403, 'destination_not_allowed'],
      ['31 eleven segments', { ...OK, body: 'a'.repeat(1_531) }, 422, 'validation_failed'],
      ['31 eleven segments of UCS-2', { ...OK, body: 'ж'.repeat(671) }, 422, 'validation_failed'],
      ['32 nothing but spaces', { ...OK, body: ' \u00a0\n' }, 422, 'validation_failed'],
      ['32 a sender that looks like ours', { ...OK, sender_id: 'W\u0410HT' }, 422, 'validation_failed'],
      ['32 a sender of others', { ...OK, sender_id: 'OTHER' }, 422, 'sender_id_not_registered'],
      ['110 a body without end', { ...OK, body: ' '.repeat(65_000) + 'x' }, 422, 'validation_failed'],
    ])('is a problem: row %s', async (_row, body, status, code) => {
      expectProblem(await post(body), status, code);
    });

    it.each<[string, Record<string, string>, number, string]>([
      ['6 another type', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
      ['6 UTF-7', { 'content-type': 'application/json; charset=utf-7' }, 415, 'unsupported_media_type'],
      ['6 gzip', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
      ['18 no such key', { authorization: 'Bearer wk_live_nobody' }, 401, 'unauthenticated'],
      ['28 no key in the header', { 'idempotency-key': '' }, 400, 'invalid_idempotency_key'],
      ['28 256 characters', { 'idempotency-key': 'a'.repeat(256) }, 400, 'invalid_idempotency_key'],
      ['28 a key beyond ASCII', { 'idempotency-key': 'caf\u00e9' }, 400, 'invalid_idempotency_key'],
    ])('is a problem: row %s', async (_row, headers, status, code) => {
      expectProblem(await post(OK, headers), status, code);
    });

    it('is a problem: row 20 a key without the scope', async () => {
      const answer = await post(OK, { authorization: `Bearer ${stack.demo?.billing_key ?? ''}` });
      expectProblem(answer, 403, 'forbidden_scope');
    });

    it.each<[string, string, boolean, number, string]>([
      ['6 no type at all', 'POST /v1/messages HTTP/1.1\r\nHost: x\r\n@Content-Length: 2\r\n\r\n{}', false, 415, ''],
      ['11 TRACE', 'TRACE /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n', false, 405, 'GET, HEAD, POST'],
      ['11 a method nobody knows', 'BREW /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n', true, 405, 'GET, HEAD, POST'],
      ['11 CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', true, 405, 'GET, HEAD, POST'],
      [
        '11 an overridden method',
        'PUT /v1/messages HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n\r\n',
        false,
        405,
        'GET, HEAD, POST',
      ],
      [
        '12 a header of 20 KiB',
        `GET /v1/messages HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_480)}\r\n\r\n`,
        true,
        431,
        '',
      ],
      ['12 200 headers', `GET /v1/messages HTTP/1.1\r\nHost: x\r\n${'X-A: 1\r\n'.repeat(200)}\r\n`, false, 431, ''],
      ['12 a URL of 10 kB', `GET /v1/messages?to=${'1'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, false, 414, ''],
      [
        '13 a length and chunks',
        'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        true,
        400,
        '',
      ],
      [
        '13 a bad chunk',
        'POST /v1/messages HTTP/1.1\r\nHost: x\r\n@Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
        true,
        400,
        '',
      ],
      ['13 no Host', 'GET /health/live HTTP/1.1\r\n\r\n', false, 400, ''],
      [
        '5 chunks beyond the limit',
        `POST /v1/messages HTTP/1.1\r\nHost: x\r\n@Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`8000\r\n${' '.repeat(0x8000)}\r\n`.repeat(9)}`,
        true,
        413,
        '',
      ],
    ])('is a problem on the wire: row %s', async (_row, text, untilClosed, status, allow) => {
      const answer = await rawHttp(stack.base, text.replace('@', authorization()), { untilClosed });
      expect(answer.status).toBe(status);
      expect(answer.head.toLowerCase()).toContain('content-type: application/problem+json');
      const { request_id: id } = JSON.parse(answer.body) as Problem;
      expect(answer.head).toMatch(new RegExp(`^x-request-id: ${id}\\r?$`, 'im'));
      expect(/^allow: (.*?)\r?$/im.exec(answer.head)?.[1] ?? '').toBe(allow);
    });

    it.each([
      ['16 limit=-1', 'invalid_parameter'],
      ['16 limit=1e9', 'invalid_parameter'],
      ['16 limit=1&limit=2', 'invalid_parameter'],
      ['16 client_reference=%00', 'invalid_parameter'],
      ['16 created_from=2026-02-30T00:00:00Z', 'invalid_parameter'],
      ['16 constructor=1', 'invalid_parameter'],
      ['16 after=forged', 'invalid_cursor'],
    ])('is a problem in a query: row %s', async (row, code) => {
      expectProblem(await live.call<Problem>('GET', `/v1/messages?${row.slice(3)}`), 400, code);
    });

    it('left no event and no charge', async () => {
      expect(await standing()).toEqual(before);
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    });
  });

  it('is found out in a cursor: row 16', async () => {
    for (let n = 0; n < 2; n++) await live.send('+254712000016');
    type Page = { next_cursor: string | null };
    const cursor = await listed(async () => (await live.call<Page>('GET', '/v1/messages?limit=1')).body.next_cursor);
    const changed = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    expect((await live.call('GET', `/v1/messages?limit=1&after=${cursor}`)).status).toBe(200);
    for (const forged of [changed, cursor.slice(4), `${cursor}=`])
      expectProblem(await live.call<Problem>('GET', `/v1/messages?after=${forged}`), 400, 'invalid_cursor');
    expectProblem(await test.call<Problem>('GET', `/v1/messages?after=${cursor}`), 400, 'invalid_cursor');
  });

  it('has an end, however slowly it comes, and holds up nobody: row 14', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\n${authorization()}Content-Type: application/json\r\n`;
    const slow = Array.from({ length: 20 }, () =>
      rawHttp(stack.base, [`${head}X-Slow: `, ...'a'.repeat(60)], { everyMs: 1_000, untilClosed: true }),
    );
    const times: number[] = [];
    for (let n = 0; n < 50; n++) {
      const started = performance.now();
      expect((await live.send('+254712000014')).status).toBe(202);
      times.push(performance.now() - started);
    }
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(200);
    const answers = await Promise.all(slow);
    for (const { status, body } of answers)
      expect([status, (JSON.parse(body) as Problem).code]).toEqual([408, 'request_timeout']);
    expect(Math.max(...answers.map(({ afterMs }) => afterMs))).toBeLessThan(15_000);
  });

  it('is no second message when its sender goes away and comes back: row 15', async () => {
    const payload = JSON.stringify({ ...OK, client_reference: 'row-15' });
    const { hostname, port } = new URL(stack.base);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname);
      const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\n${authorization()}Content-Type: application/json\r\nIdempotency-Key: row-15\r\nContent-Length: ${payload.length}\r\n\r\n`;
      socket.write(head + payload, () => setTimeout(() => socket.destroy(), 2));
      socket.on('close', () => resolve());
    });
    const again = await post(payload, { 'idempotency-key': 'row-15' });
    expect(again.status).toBe(202);
    type Page = { data: Message[] };
    const find = (): Promise<Answer<Page>> => live.call<Page>('GET', '/v1/messages?client_reference=row-15');
    await listed(async () => (await find()).body.data[0] ?? null);
    expect((await find()).body.data).toHaveLength(1);
  });

  it('never shows what belongs to another customer or mode: row 19', async () => {
    const { body: mine } = await test.send('+254712000019');
    const shape = ({ status, headers, body }: Answer<Problem>): object => ({
      status,
      length: headers['content-length'],
      type: headers['content-type'],
      body: { ...body, request_id: '' },
    });
    for (const path of ['', '/timeline', '/why']) {
      const never = shape(await live.call<Problem>('GET', `/v1/messages/msg_00000000000000000000000000${path}`));
      for (const stranger of [live, poor])
        expect(shape(await stranger.call<Problem>('GET', `/v1/messages/${mine.message_id}${path}`))).toEqual(never);
      expect((await test.call('GET', `/v1/messages/${mine.message_id}${path}`)).status).toBe(200);
    }
  });

  it('leaves the Idempotency-Key free where it was refused, and knows it by customer and mode: rows 25, 27', async () => {
    const key = { 'idempotency-key': 'row-25' };
    expectProblem(await post({ ...OK, to: '22040' }, key), 422, 'validation_failed');
    expectProblem(await post({ ...OK, sender_id: 'OTHER' }, key), 422, 'sender_id_not_registered');
    const first = await post(OK, key);
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([202, undefined]);
    const again = await post(OK, key);
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true']);
    expectProblem(await post({ ...OK, body: 'Other' }, key), 422, 'idempotency_key_reused');
    const other = await test.send(OK.to, { body: OK.body }, key);
    expect([other.status, other.headers['idempotency-replayed']]).toEqual([202, undefined]);
  });

  it('finds the price of every text exact: row 31', async () => {
    const texts: [string, number][] = [
      ['a'.repeat(160), 1],
      ['a'.repeat(161), 2],
      ['ж'.repeat(70), 1],
      ['ж'.repeat(71), 2],
      ['€'.repeat(80), 1],
      ['€'.repeat(81), 2],
      [`${'a'.repeat(152)}€${'a'.repeat(153)}`, 3],
      [`${'ж'.repeat(66)}\u{1F600}${'ж'.repeat(66)}`, 3],
      ['a'.repeat(1_530), 10],
    ];
    for (const [body, segments] of texts) {
      const sent = await live.send('+254712000031', { body });
      expect([body.slice(0, 3), sent.body.cost_kes]).toEqual([body.slice(0, 3), (segments * 8) / 10]);
    }
  });

  it('arrives as it was sent where it may be sent: rows 8, 32', async () => {
    const sandbox = new SandboxClient(stack.handset);
    const texts = [
      '\u202eabc\u202c',
      'a\u200bb',
      '\u0007\u001b',
      '\u{1F469}\u200d\u{1F467} \u{10FFFF}',
      "'; DROP TABLE messages;--",
      '=cmd|1',
      '\ufffe \\u0000 %00',
    ];
    const ids = await Promise.all(
      texts.map(async (body) => (await live.send('+254712000008', { body, client_reference: body })).body.message_id),
    );
    for (const [n, id] of ids.entries()) {
      const message = await live.until(id, ({ final }) => final, 10_000);
      expect([message['body'], message['client_reference']]).toEqual([texts[n], texts[n]]);
    }
    expect((await sandbox.inbox('+254712000008')).map(({ body }) => body).sort()).toEqual([...texts].sort());
  });

  it('meets a wallet that never goes below zero, and a limit: rows 37, 38', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => poor.send(`+2547120038${String(n).padStart(2, '0')}`)),
    );
    const counts = answers.map(({ status }) => status);
    expect(counts.filter((status) => status === 202)).toHaveLength(1);
    expect(new Set(counts)).toEqual(new Set(counts.includes(429) ? [202, 402, 429] : [202, 402]));
    const limited = await Promise.all(
      Array.from({ length: 200 }, () => poor.call<Problem>('GET', '/v1/messages?limit=1')),
    );
    const refused = limited.find(({ status }) => status === 429);
    if (refused === undefined) throw new Error('200 requests at once met no limit of 60 a second');
    expectProblem(refused, 429, 'rate_limited');
    expect(refused.headers).toMatchObject({ 'ratelimit-limit': '60', 'ratelimit-remaining': '0' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await delay(1_000);
    expect((await poor.send('+254712003837')).status).toBe(402);
    expect((await poor.balance()).available_kes).toBe(0);
  });

  it('leaves nothing personal and no key in what the application prints', () => {
    const printed = stack.application.output();
    expect(printed).not.toMatch(/2547120|712345678|caf\u00e9|DROP TABLE/);
    expect(printed).not.toContain(live.key.slice(-20));
  });
});
