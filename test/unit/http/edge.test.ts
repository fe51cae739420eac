import { connect } from 'node:net';
import { httpWorld, mistyped, strangersKey, type HttpWorld } from './http-app';
import { DomainError } from '../../../src/domain/shared/domain-error';
import { money } from '../../../src/domain/shared/money';
import { StoreUnavailable } from '../../../src/application/ports/event-store';

const MESSAGE = { to: '+254712345678', channel: 'sms', body: 'Hello', sender_id: 'WAHT' };

describe('the HTTP edge', () => {
  let w: HttpWorld;
  beforeAll(async () => {
    w = await httpWorld();
  });
  afterAll(() => w.app.close());

  const post = (payload: string | Buffer | object, headers: Record<string, string> = {}, url = '/v1/messages') =>
    w.app.inject({
      method: 'POST',
      url,
      headers: {
        authorization: `Bearer ${w.liveKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      payload,
    });
  const get = (url: string, headers: Record<string, string> = {}) =>
    w.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${w.liveKey}`, ...headers } });

  const expectProblem = (answer: Awaited<ReturnType<typeof post>>, status: number, code: string) => {
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      type: `urn:waht:problem:${code}`,
      status,
      title: expect.any(String),
      detail: expect.any(String),
      request_id: answer.headers['x-request-id'],
    });
  };

  describe('answers', () => {
    it('carry a request id, the caller’s where it is a sane one', async () => {
      const mine = await post(MESSAGE, { 'x-request-id': 'trace-0001.a_b' });
      expect(mine.headers['x-request-id']).toBe('trace-0001.a_b');
      for (const bad of ['x', 'a b c d e f g', 'x'.repeat(65), '<script>']) {
        const answer = await post(MESSAGE, { 'x-request-id': bad });
        expect(answer.headers['x-request-id']).toMatch(/^req_[0-9a-f]{24}$/);
      }
    });

    it('carry the headers that keep a browser from guessing', async () => {
      const { headers } = await get('/health/live');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
      });
    });
  });

  describe('accepting a message', () => {
    it('answers 202 as the contract says', async () => {
      const answer = await post(MESSAGE);
      expect(answer.statusCode).toBe(202);
      expect(answer.json()).toEqual({
        message_id: expect.stringMatching(/^msg_/),
        status: 'queued',
        provider: 'tier_1',
        cost_kes: 0.8,
      });
      expect(answer.headers['idempotency-replayed']).toBeUndefined();
    });

    it('reads what curl -d sends without a content type', async () => {
      const answer = await post(JSON.stringify(MESSAGE), { 'content-type': 'application/x-www-form-urlencoded' });
      expect(answer.statusCode).toBe(202);
    });

    it('repeats the 202 under the same key, for any order of members, and refuses another body', async () => {
      const key = { 'idempotency-key': 'order-1' };
      const first = await post(MESSAGE, key);
      const again = await post(
        `{ "sender_id": "WAHT", "body": "He\\u006clo", "channel":"sms","to":"+254712345678"}`,
        key,
      );
      expect(again.body).toBe(first.body);
      expect(again.headers['idempotency-replayed']).toBe('true');
      expectProblem(await post({ ...MESSAGE, body: 'Bye' }, key), 422, 'idempotency_key_reused');
      expectProblem(await post({ ...MESSAGE, client_reference: 'x' }, key), 422, 'idempotency_key_reused');
    });

    it.each(['', 'x'.repeat(256), 'a b', 'é', 'tab\there'])('refuses the Idempotency-Key %j', async (key) => {
      expectProblem(await post(MESSAGE, { 'idempotency-key': key }), 400, 'invalid_idempotency_key');
    });

    it.each<[string, object, string]>([
      ['a missing recipient', { to: undefined }, 'to'],
      ['a recipient that is a number', { to: 254712345678 }, 'to'],
      ['a recipient that is a list', { to: ['+254712345678'] }, 'to'],
      ['a landline', { to: '+254202345678' }, 'to'],
      ['a missing channel', { channel: undefined }, 'channel'],
      ['an unknown channel', { channel: 'pigeon' }, 'channel'],
      ['a body that is an object', { body: {} }, 'body'],
      ['null for absent', { sender_id: null }, 'sender_id'],
      ['a validity that is too short', { valid_for_seconds: 59 }, 'valid_for_seconds'],
      ['a validity with a fraction', { valid_for_seconds: 60.5 }, 'valid_for_seconds'],
      ['a validity in text', { valid_for_seconds: '60' }, 'valid_for_seconds'],
      ['an unknown choice', { on_unknown: 'maybe' }, 'on_unknown'],
      ['an empty reference', { client_reference: '' }, 'client_reference'],
      ['an unknown field', { price: 0 }, 'price'],
      ['a tenant of one’s choice', { customer_id: 'cus_2' }, 'customer_id'],
      ['a field that every object has', { toString: 1 }, 'toString'],
      ['another', { hasOwnProperty: 1 }, 'hasOwnProperty'],
    ])('refuses %s', async (_what, change, field) => {
      const answer = await post({ ...MESSAGE, ...change });
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.json<{ errors: { field: string }[] }>().errors.map((error) => error.field)).toEqual([field]);
    });

    it.each<[string, object]>([
      ['template_id', { template_id: 't', body: undefined }],
      ['template_params', { template_params: {} }],
      ['channel_id', { channel_id: 'chn_1' }],
      ['fallback', { fallback: null }],
      ['callback_url', { callback_url: 'https://example.test' }],
      ['channel', { channel: 'whatsapp' }],
    ])('says that %s is not yet available', async (field, change) => {
      const answer = await post({ ...MESSAGE, ...change });
      expectProblem(answer, 422, 'not_yet_available');
      expect(answer.json()).toMatchObject({ errors: [{ field }] });
    });

    it.each(['tomorrow', '2026-02-30T08:00:00Z', '2026-05-01T08:00:00', '2026-05-01', 1_795_327_200])(
      'refuses %s as a time to send at',
      async (send_at) => {
        const answer = await post({ ...MESSAGE, send_at });
        expectProblem(answer, 422, 'validation_failed');
        expect(answer.json()).toMatchObject({ errors: [{ field: 'send_at' }] });
      },
    );

    it('takes the fields that are served', async () => {
      const answer = await post({
        ...MESSAGE,
        class: 'transactional',
        valid_for_seconds: 60,
        on_unknown: 'prefer_delivery',
        client_reference: 'ref',
      });
      expect(answer.statusCode).toBe(202);
    });

    it.each(['[]', '"text"', '1', 'null'])('refuses a body that is %s', async (body) => {
      expectProblem(await post(body), 422, 'validation_failed');
    });

    it('answers 402 without funds', async () => {
      const { available } = w.wallets;
      w.wallets.available = 0n;
      expectProblem(await post(MESSAGE), 402, 'insufficient_funds');
      w.wallets.available = available;
    });

    it('answers 429 with the headers of the limit', async () => {
      w.admission.next = { kind: 'rate_limited', retryAfterSeconds: 2, limit: 600 };
      const answer = await post(MESSAGE);
      w.admission.next = null;
      expectProblem(answer, 429, 'rate_limited');
      expect(answer.headers).toMatchObject({
        'retry-after': '2',
        'ratelimit-limit': '600',
        'ratelimit-remaining': '0',
        'ratelimit-reset': '2',
      });
    });

    it.each<[string, Error]>([
      ['the event store', new StoreUnavailable('unknown', 'deadline')],
      ['Postgres', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
      ['Redis', new DomainError('unavailable', 'Limits cannot be checked right now.', [], 2)],
    ])('answers 503 with Retry-After while %s is away', async (_what, error) => {
      w.store.failure = error;
      const answer = await post(MESSAGE);
      w.store.failure = null;
      expectProblem(answer, 503, 'unavailable');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });

    it('answers 500 to what nobody thought of, and tells the log alone', async () => {
      w.store.failure = new TypeError('secret detail');
      const answer = await post(MESSAGE);
      w.store.failure = null;
      expectProblem(answer, 500, 'internal_error');
      expect(answer.body).not.toContain('secret detail');
      expect(w.logger.lines.at(-2)).toMatchObject({ level: 'error', fields: { err: expect.any(TypeError) } });
    });
  });

  describe('bodies', () => {
    it.each<[string, string | Buffer, Record<string, string>, number, string]>([
      ['malformed JSON', '{"to":', {}, 400, 'malformed_json'],
      ['a member twice', '{"to":1,"to":2}', {}, 400, 'malformed_json'],
      ['a byte order mark', '\ufeff{}', {}, 400, 'malformed_json'],
      ['an empty body', '', {}, 400, 'malformed_json'],
      ['__proto__', '{"__proto__":{}}', {}, 422, 'validation_failed'],
      ['a form', 'to=1&body=2', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
      [
        'broken JSON in a form',
        '{"to"',
        { 'content-type': 'application/x-www-form-urlencoded' },
        400,
        'malformed_json',
      ],
      ['XML', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
      ['plain text', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
      ['a content type that is none', '{}', { 'content-type': 'json' }, 415, 'unsupported_media_type'],
      ['UTF-7', '{}', { 'content-type': 'application/json; charset=utf-7' }, 415, 'unsupported_media_type'],
      [
        'a form in UTF-16',
        '{}',
        { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' },
        415,
        'unsupported_media_type',
      ],
      ['gzip', Buffer.from([0x1f, 0x8b]), { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
      ['more than 256 KiB', `"${'x'.repeat(256 * 1_024)}"`, {}, 413, 'too_large'],
    ])('refuses %s', async (_what, body, headers, status, code) => {
      expectProblem(await post(body, headers), status, code);
    });

    it('names the header that is wrong', async () => {
      expect((await post('<a/>', { 'content-type': 'application/xml' })).json()).toMatchObject({
        detail: expect.stringContaining('Content-Type'),
      });
      expect((await post('{}', { 'content-encoding': 'gzip' })).json()).toMatchObject({
        detail: expect.stringContaining('Content-Encoding'),
      });
    });

    it('names at most fifty of the fields that are wrong', async () => {
      const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, 1]));
      expect((await post(members)).json<{ errors: object[] }>().errors).toHaveLength(50);
    });

    it('says of a wrong type that the type is wrong', async () => {
      const answer = await post({ channel: 'sms', to: 1, valid_for_seconds: '0x10' });
      expect(answer.json()).toMatchObject({
        errors: [
          { field: 'to', message: 'must be a string' },
          { field: 'body', message: 'must be a string' },
          { field: 'valid_for_seconds', message: 'must be an integer number' },
        ],
      });
    });

    it('takes a charset that is utf-8', async () => {
      const answer = await post(MESSAGE, { 'content-type': 'application/json; charset="UTF-8"' });
      expect(answer.statusCode).toBe(202);
    });
  });

  describe('addresses', () => {
    it('answers 404 where there is nothing, without asking for a key', async () => {
      expectProblem(await w.app.inject({ method: 'GET', url: '/v2/nothing' }), 404, 'not_found');
      expectProblem(await w.app.inject({ method: 'POST', url: '/v1/otp/send' }), 404, 'not_found');
    });

    it.each<['DELETE' | 'PUT' | 'PATCH' | 'OPTIONS' | 'POST', string, string]>([
      ['DELETE', '/v1/messages', 'GET, HEAD, POST'],
      ['PUT', '/v1/messages?x=1', 'GET, HEAD, POST'],
      ['OPTIONS', '/v1/messages/msg_1', 'DELETE, GET, HEAD, PATCH'],
      ['POST', '/health/live', 'GET, HEAD'],
    ])('answers 405 to %s %s', async (method, url, allow) => {
      const answer = await w.app.inject({ method, url, headers: { 'x-http-method-override': 'GET' } });
      expectProblem(answer, 405, 'method_not_allowed');
      expect(answer.headers.allow).toBe(allow);
    });

    it('answers 404 to an address with a slash too many, for any method', async () => {
      expectProblem(await get('/v1/messages/'), 404, 'not_found');
      expectProblem(await w.app.inject({ method: 'PATCH', url: '/v1/messages/' }), 404, 'not_found');
    });

    it('refuses addresses and headers that are too large or cannot be read', async () => {
      expectProblem(await get(`/v1/messages?to=${'1'.repeat(10_000)}`), 414, 'too_large');
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, '1']));
      expectProblem(await get('/v1/messages', many), 431, 'too_large');
      expectProblem(await get('/v1/messages/%ff'), 400, 'invalid_parameter');
    });
  });

  describe('keys', () => {
    const unauthenticated = async (authorization: string | undefined) => {
      const headers = authorization === undefined ? {} : { authorization };
      return w.app.inject({ method: 'GET', url: '/v1/messages', headers });
    };

    it('are all refused alike', async () => {
      const revoked = w.directory.issue('live', ['messages'], { revoked: true });
      const expired = w.directory.issue('live', ['messages'], { expiresAt: '2026-02-28T00:00:00.000Z' });
      const bodies = new Set<string>();
      for (const header of [
        undefined,
        '',
        'Basic x',
        'Bearer',
        `Bearer ${mistyped(w.liveKey)}`,
        `Bearer ${strangersKey()}`,
        `Bearer ${revoked}`,
        `Bearer ${expired}`,
      ]) {
        const answer = await unauthenticated(header);
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        bodies.add(JSON.stringify({ ...answer.json<object>(), request_id: '' }));
      }
      expect(bodies.size).toBe(1);
    });

    it('are not looked up when the checksum is wrong', async () => {
      const before = w.directory.lookUps;
      await unauthenticated(`Bearer ${mistyped(w.liveKey)}`);
      expect(w.directory.lookUps).toBe(before);
    });

    it('are compared with their whole hash', async () => {
      const forged = w.directory.issue('live', ['messages'], { hash: '00'.repeat(32) });
      expectProblem(await unauthenticated(`Bearer ${forged}`), 401, 'unauthenticated');
    });

    it('need the scope', async () => {
      const billing = w.directory.issue('billing', ['billing', 'balance']);
      expectProblem(await post(MESSAGE, { authorization: `Bearer ${billing}` }), 403, 'forbidden_scope');
      const balance = await get('/v1/billing/balance', { authorization: `Bearer ${billing}` });
      expect(balance.statusCode).toBe(200);
    });

    it('bring their mode', async () => {
      const answer = await post(MESSAGE, { authorization: `bearer ${w.testKey}` });
      expect(answer.statusCode).toBe(202);
      await get('/v1/messages', { authorization: `Bearer ${w.testKey}` });
      expect(w.reads.asked.slice(0, 2)).toEqual(['cus_00000000000000000000000001', 'test']);
    });

    it('shut out an address after a thousand bad ones a minute, and no other', async () => {
      const from = (remoteAddress: string, key: string) =>
        w.app.inject({
          method: 'GET',
          url: '/v1/messages',
          headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.99' },
          remoteAddress,
        });
      for (let i = 0; i < 1_000; i++) {
        const answer = await from('198.51.100.7', strangersKey());
        if (answer.statusCode !== 401) throw new Error(`${answer.statusCode} at ${i}`);
      }
      const shut = await from('198.51.100.7', w.liveKey);
      expectProblem(shut, 429, 'rate_limited');
      expect(Number(shut.headers['retry-after'])).toBeGreaterThan(50);
      expect((await from('198.51.100.8', w.liveKey)).statusCode).toBe(200);
    });
  });

  describe('reading', () => {
    it('hands the filter on, normalised', async () => {
      const query =
        'status=queued&channel=sms&direction=outbound&client_reference=r%201&limit=100&after=c' +
        '&to=+254712345678&created_from=2026-01-01T03:00:00+03:00&created_to=2026-01-02T00:00:00Z';
      const answer = await get(`/v1/messages?${query}`);
      expect([answer.statusCode, answer.json()]).toEqual([200, { data: [], next_cursor: 'next' }]);
      expect(w.reads.asked.slice(2)).toEqual([
        {
          status: 'queued',
          channel: 'sms',
          direction: 'outbound',
          clientReference: 'r 1',
          to: '+254712345678',
          createdFrom: '2026-01-01T00:00:00.000Z',
          createdTo: '2026-01-02T00:00:00.000Z',
        },
        100,
        'c',
      ]);
    });

    it('starts with twenty of the newest', async () => {
      await get('/v1/messages');
      expect(w.reads.asked.slice(2)).toEqual([{}, 20, null]);
    });

    it.each([
      'limit=0',
      'limit=-1',
      'limit=1e9',
      'limit=101',
      'limit=',
      'limit=1&limit=2',
      'status=odd',
      'to=x',
      'created_from=yesterday',
      'created_from=2026-02-30T99:00:00Z',
      'nonsense=1',
      'after=',
      'client_reference=%00',
      'batch_id=b',
      'client_reference=a&client_reference=b',
      'created_from=2026-02-30T00:00:00Z',
      'constructor=1',
      '__proto__=1',
    ])('refuses ?%s', async (query) => {
      expectProblem(await get(`/v1/messages?${query}`), 400, 'invalid_parameter');
    });

    it('refuses a cursor that is not ours', async () => {
      expectProblem(await get('/v1/messages?after=forged'), 400, 'invalid_cursor');
    });

    it('answers 404 alike for what is no id and for what is not there', async () => {
      const stranger = await get('/v1/messages/msg_00000000000000000000000001');
      expectProblem(stranger, 404, 'not_found');
      for (const id of ['none', '%00', 'x'.repeat(300)]) {
        const odd = await get(`/v1/messages/${id}`);
        expect({ ...odd.json<object>(), request_id: '' }).toEqual({ ...stranger.json<object>(), request_id: '' });
      }
      for (const part of ['timeline', 'why']) {
        expectProblem(await get(`/v1/messages/msg_00000000000000000000000001/${part}`), 404, 'not_found');
      }
    });

    it('says since when it may be stale', async () => {
      w.readSide.since = '2026-03-01T07:59:00.000Z';
      const answer = await get('/v1/messages');
      w.readSide.since = null;
      expect(answer.headers['waht-stale-since']).toBe('2026-03-01T07:59:00.000Z');
    });

    it('is limited by key', async () => {
      w.limiter.waitMs = 1_200;
      const answer = await get('/v1/messages');
      w.limiter.waitMs = 0;
      expectProblem(answer, 429, 'rate_limited');
      expect(answer.headers).toMatchObject({ 'retry-after': '2', 'ratelimit-limit': '600' });
    });

    it('shows the balance of the read model while the event store is away, and says so', async () => {
      const asOf = '2026-03-01T07:58:00.000Z';
      w.projected.balance = { available: money(12_000n), reserved: money(8_000n), asOf };
      const balance = w.wallets.balance.bind(w.wallets);
      w.wallets.balance = () => Promise.reject(new StoreUnavailable('none', 'deadline'));
      const answer = await get('/v1/billing/balance');
      w.projected.balance = null;
      expectProblem(await get('/v1/billing/balance'), 503, 'unavailable');
      w.wallets.balance = balance;
      expect(answer.json()).toEqual({ available_kes: 1.2, reserved_kes: 0.8, as_of: asOf });
      expect(answer.headers['waht-stale-since']).toBe(asOf);
    });

    it('shows the balance, and says what it cannot yet', async () => {
      const answer = await get('/v1/billing/balance');
      expect(answer.json()).toEqual({
        available_kes: Number(w.wallets.available) / 10_000,
        reserved_kes: expect.any(Number),
        as_of: '2026-03-01T08:00:00.000Z',
      });
      expectProblem(await get('/v1/billing/balance?as_of=yesterday'), 400, 'invalid_parameter');
      expectProblem(await get('/v1/billing/balance?x=1'), 400, 'invalid_parameter');
    });
  });

  describe('operation', () => {
    it('is live, and ready as far as the checks say', async () => {
      expect((await get('/health/live')).json()).toEqual({ status: 'live' });
      const ready = await get('/health/ready');
      expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, checks: { event_store_reads: 'ok' } }]);
    });

    it('counts requests by the pattern of their route', async () => {
      await get('/v1/messages/msg_00000000000000000000000001');
      await get('/v1/x/+254712345678');
      const { body, headers } = await get('/metrics');
      expect(headers['content-type']).toContain('text/plain');
      expect(body).toContain('waht_http_request_seconds_count{route="/v1/messages/:id",status="404"}');
      expect(body).toContain('route="none",status="404"');
      expect(body).toContain('waht_refused_total{code="not_found"}');
      expect(body).not.toContain('254712345678');
    });

    it('logs every failure, without address, body or key', async () => {
      await post({ ...MESSAGE, body: 'SECRET', to: '+254799999999', x: 1 });
      await get('/v1/messages?to=%2B254799999999&limit=0');
      const text = JSON.stringify(w.logger.lines);
      expect(w.logger.lines.at(-1)).toMatchObject({
        message: 'request',
        fields: { method: 'GET', route: '/v1/messages', status: 400, keyId: '0000000000000001' },
      });
      expect(text).not.toMatch(/SECRET|254799999999|wk_live_/);
    });

    it('describes every route it serves, and nothing that it does not', async () => {
      const document = (await get('/openapi.json')).json<{
        openapi: string;
        paths: Record<string, Record<string, unknown>>;
      }>();
      expect(document.openapi).toBe('3.1.0');
      expect(Object.keys(document.paths).sort()).toEqual([
        '/health/live',
        '/health/ready',
        '/metrics',
        '/v1/audit',
        '/v1/billing/balance',
        '/v1/messages',
        '/v1/messages/batch',
        '/v1/messages/quote',
        '/v1/messages/{id}',
        '/v1/messages/{id}/timeline',
        '/v1/messages/{id}/why',
        '/v1/opt-outs',
        '/v1/opt-outs/{id}',
      ]);
      expect(JSON.stringify(document)).not.toMatch(/template_id|whatsapp/);
      const page = await get('/docs');
      expect(page.statusCode).toBe(200);
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      expect(page.body).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
      expect((await get('/docs/swagger-ui-bundle.js')).statusCode).toBe(200);
    });
  });
});

describe('a connection', () => {
  let w: HttpWorld;
  let port: number;
  beforeAll(async () => {
    w = await httpWorld();
    await w.app.listen(0, '127.0.0.1');
    port = Number(new URL(await w.app.getUrl()).port);
  });
  afterAll(() => w.app.close());

  /** What comes back on a socket until the other side closes it. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  it.each([
    ['what is not HTTP', 'HELLO\r\n\r\n', 400],
    [
      'a length and chunks at once',
      'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a bad chunk',
      'POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
      400,
    ],
    ['TRACE', 'TRACE /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
    ['CONNECT', 'CONNECT example.test:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['QUERY', 'QUERY /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
    ['a method that nobody knows', 'BREW /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a method in small letters', 'get /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an unknown expectation', 'GET /v1/messages HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n', 401],
    ['headers of 20 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_480)}\r\n\r\n`, 431],
  ])('with %s gets a problem and is closed', async (_what, text, status) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer.toLowerCase()).toContain('x-request-id: ');
    expect(/^allow: GET, HEAD, POST\r$/im.test(answer)).toBe(status === 405);
  });

  it('whose sender goes away before it is whole is no outage of ours', async () => {
    const before = w.logger.lines.length;
    await new Promise<void>((resolve) => {
      const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`;
      const socket = connect(port, '127.0.0.1', () => socket.write(head, () => setTimeout(() => socket.destroy(), 50)));
      socket.on('close', () => setTimeout(resolve, 50));
    });
    const lines = w.logger.lines.slice(before);
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    const { body } = await w.app.inject({ method: 'GET', url: '/metrics' });
    expect(body).toContain('waht_refused_total{code="request_timeout"}');
    expect(body).not.toMatch(/waht_refused_total\{code="(unavailable|internal_error)"\}/);
  });

  it('with a body over the limit and no length gets 413 and is closed', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${w.liveKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await raw(head + chunk.repeat(5))).toMatch(/^HTTP\/1.1 413 /);
  });

  it('is answered and closed when the process drains, and no new one is taken', async () => {
    const drained = httpWorld();
    const other = await drained;
    await other.app.listen(0, '127.0.0.1');
    const url = await other.app.getUrl();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const find = other.reads.find.bind(other.reads);
    other.reads.find = async (...question) => {
      await held;
      return find(...question);
    };
    const slow = fetch(`${url}/v1/messages/msg_00000000000000000000000001`, {
      headers: { authorization: `Bearer ${other.liveKey}` },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const draining = other.drain.drain(5_000);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    release();
    expect((await slow).status).toBe(404);
    await draining;
    await other.app.close();
  });
});
