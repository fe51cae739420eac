import { connect } from 'node:net';
import { streams } from '../../../src/domain/shared/streams';
import { httpWorld, strangersKey, type HttpWorld } from './http-app';

const MESSAGE = { to: '+254712345678', channel: 'sms', body: 'Hello' };
const MIB = 1_024 * 1_024;

interface Result {
  index: number;
  status: number;
  message_id?: string;
  replayed?: boolean;
  error?: { code: string; detail: string; errors?: { field: string }[] };
}

describe('POST /v1/messages/batch', () => {
  let w: HttpWorld;
  beforeEach(async () => {
    w = await httpWorld();
  });
  afterEach(() => w.app.close());

  const post = (payload: string | Buffer | object, headers: Record<string, string> = {}, url = '/v1/messages/batch') =>
    w.app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${w.liveKey}`, 'content-type': 'application/json', ...headers },
      payload,
    });
  const batch = (...messages: unknown[]) => post({ messages });
  const nothingKept = (): void => {
    expect([w.store.appended, w.wallets.open_.size]).toEqual([[], 0]);
  };
  const expectProblem = (answer: Awaited<ReturnType<typeof post>>, status: number, code: string): void => {
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    nothingKept();
  };
  const results = (answer: Awaited<ReturnType<typeof post>>): Result[] => answer.json<{ results: Result[] }>().results;

  it('says of each message what a single send would be answered', async () => {
    const answer = await batch(MESSAGE, { ...MESSAGE, to: '12345' }, { ...MESSAGE, sender_id: 'NOBODY' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      batch_id: expect.stringMatching(/^bat_[0-9A-Z]{26}$/),
      accepted: 1,
      rejected: 2,
      results: [
        { index: 0, status: 202, message_id: expect.any(String), provider: 'tier_1', cost_kes: 0.8 },
        {
          index: 1,
          status: 422,
          error: {
            code: 'validation_failed',
            detail: expect.any(String),
            errors: [{ field: 'to', message: expect.any(String) }],
          },
        },
        { index: 2, status: 422, error: expect.objectContaining({ code: 'sender_id_not_registered' }) },
      ],
    });
    expect(w.wallets.open_.size).toBe(1);
  });

  it.each<[string, unknown, string, string[]]>([
    ['an unknown field', { ...MESSAGE, surname: 'x' }, 'validation_failed', ['surname']],
    ['a field of a single send’s answer', { ...MESSAGE, status: 'queued' }, 'validation_failed', ['status']],
    [
      'a field that is not served yet',
      { ...MESSAGE, callback_url: 'https://x.test' },
      'not_yet_available',
      ['callback_url'],
    ],
    ['a null', null, 'validation_failed', ['']],
    ['a number', 7, 'validation_failed', ['']],
    ['a list', [MESSAGE], 'validation_failed', ['']],
    ['a key that is a number', { ...MESSAGE, idempotency_key: 7 }, 'validation_failed', ['idempotency_key']],
  ])('refuses %s for itself alone', async (_what, item, code, fields) => {
    const answer = await batch(MESSAGE, item, MESSAGE);
    expect([answer.statusCode, results(answer).map(({ status }) => status)]).toEqual([202, [202, 422, 202]]);
    const error = results(answer)[1]?.error;
    expect([error?.code, error?.errors?.map(({ field }) => field)]).toEqual([code, fields]);
  });

  it.each(['', 'x'.repeat(256), 'naïve', 'a b'])('refuses the key %j of an item for itself alone', async (key) => {
    const answer = await batch({ ...MESSAGE, idempotency_key: key }, MESSAGE);
    expect(results(answer)).toMatchObject([
      { status: 400, error: { code: 'invalid_idempotency_key' } },
      { status: 202 },
    ]);
  });

  it.each<[string, string | Buffer, string]>([
    ['a prototype', '{"to":"+254712345678","channel":"sms","body":"x","__proto__":{"a":1}}', '__proto__'],
    ['a constructor', '{"to":"+254712345678","channel":"sms","body":"x","constructor":{}}', 'constructor'],
    ['U+0000 in a text', '{"to":"+254712345678","channel":"sms","body":"x\\u0000"}', 'body'],
    ['U+0000 in a name', '{"to":"+254712345678","channel":"sms","x\\u0000":"x"}', ''],
    ['U+0000 alone', '"\\u0000"', ''],
    ['bytes that are not UTF-8', Buffer.from('7b22626f6479223a22ff227d', 'hex'), 'body'],
  ])('refuses %s in an item for that item alone', async (_what, item, field) => {
    const [begin, end] = [`{"messages":[${JSON.stringify(MESSAGE)},`, `,${JSON.stringify(MESSAGE)}]}`];
    const answer = await post(Buffer.concat([Buffer.from(begin), Buffer.from(item), Buffer.from(end)]));
    expect([answer.statusCode, results(answer).map(({ status }) => status)]).toEqual([202, [202, 422, 202]]);
    const error = results(answer)[1]?.error;
    expect([error?.code, error?.errors?.map((one) => one.field)]).toEqual(['validation_failed', [field]]);
    expect(({} as { a?: number }).a).toBeUndefined();
    expect(w.wallets.open_.size).toBe(2);
  });

  it.each<[string, string | Buffer, number, string]>([
    ['no JSON', '{"messages":[', 400, 'malformed_json'],
    ['a member twice', '{"messages":[],"messages":[{}]}', 400, 'malformed_json'],
    ['a member of an item twice', '{"messages":[{"to":"1","to":"2"}]}', 400, 'malformed_json'],
    ['deep nesting', `{"messages":${'['.repeat(100_000)}`, 400, 'malformed_json'],
    ['half a surrogate pair', '{"messages":[{"body":"\\ud800"}]}', 400, 'malformed_json'],
    ['a prototype beside them', '{"messages":[{}],"__proto__":{}}', 422, 'validation_failed'],
    ['messages in a member of another name', '{"messages":[{}],"messages[0]":"\\u0000"}', 422, 'validation_failed'],
    ['no messages', '{}', 422, 'validation_failed'],
    ['an empty list', '{"messages":[]}', 422, 'validation_failed'],
    [
      '10 001 messages',
      JSON.stringify({ messages: Array.from({ length: 10_001 }, () => MESSAGE) }),
      422,
      'validation_failed',
    ],
    ['messages that are no list', '{"messages":{"0":{}}}', 422, 'validation_failed'],
    [
      'an unknown field beside them',
      JSON.stringify({ messages: [MESSAGE], batch_id: 'bat_1' }),
      422,
      'validation_failed',
    ],
    ['a list', JSON.stringify([MESSAGE]), 422, 'validation_failed'],
  ])('refuses %s as a whole', async (_what, body, status, code) => {
    expectProblem(await post(body), status, code);
  });

  it('takes 16 MiB, and not a byte more', async () => {
    const wrap = (size: number): string => {
      const empty = JSON.stringify({ messages: [{ ...MESSAGE, body: '' }] });
      return JSON.stringify({ messages: [{ ...MESSAGE, body: 'x'.repeat(size - empty.length) }] });
    };
    const most = await post(wrap(16 * MIB));
    expect([most.statusCode, results(most)[0]?.error?.code]).toEqual([202, 'validation_failed']);
    expectProblem(await post(wrap(16 * MIB + 1)), 413, 'too_large');
    expectProblem(await post(wrap(256 * 1_024 + 1), {}, '/v1/messages'), 413, 'too_large');
  });

  it.each(['', 'x'.repeat(256), 'naïve'])('refuses the header %j', async (key) => {
    expectProblem(await post({ messages: [MESSAGE] }, { 'idempotency-key': key }), 400, 'invalid_idempotency_key');
  });

  it('repeats its answer under its header, in another order of members', async () => {
    const headers = { 'idempotency-key': 'batch-1' };
    const first = await post({ messages: [MESSAGE, { ...MESSAGE, to: '1' }] }, headers);
    const { to, channel, body } = MESSAGE;
    const again = await post(
      {
        messages: [
          { body, channel, to },
          { to: '1', body, channel },
        ],
      },
      headers,
    );
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
    expect(again.json()).toEqual(first.json());
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const other = await post({ messages: [MESSAGE, { ...MESSAGE, to: '2' }] }, headers);
    expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([422, 'idempotency_key_reused']);
    expect(w.wallets.open_.size).toBe(1);
  });

  it('knows the key of an item from a single send, and the other way round', async () => {
    const single = await post(MESSAGE, { 'idempotency-key': 'order-1' }, '/v1/messages');
    const { message_id } = single.json<{ message_id: string }>();
    const answer = await batch({ ...MESSAGE, idempotency_key: 'order-1' }, { ...MESSAGE, idempotency_key: 'order-2' });
    expect(answer.json()).toMatchObject({ accepted: 1, rejected: 0, results: [{ message_id, replayed: true }, {}] });
    const again = await post(MESSAGE, { 'idempotency-key': 'order-2' }, '/v1/messages');
    expect(again.json()).toMatchObject({ message_id: results(answer)[1]?.message_id });
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('leaves one row for many items that a key may not send', async () => {
    w.admission.signals = { block: 'recipient', recipientPerMinute: 1, optedOut: false };
    const answer = await batch(MESSAGE, MESSAGE, MESSAGE);
    expect(results(answer).map(({ status, error }) => [status, error?.code])).toEqual(
      Array.from({ length: 3 }, () => [403, 'recipient_blocked']),
    );
    const { batch_id: resource } = answer.json<{ batch_id: string }>();
    expect(w.refused).toEqual([expect.objectContaining({ status: 403, code: 'recipient_blocked', resource })]);
  });

  it('writes its stream under a key only', async () => {
    await batch(MESSAGE);
    const answer = await post({ messages: [MESSAGE] }, { 'idempotency-key': 'batch-1' });
    const stream = streams.batch(answer.json<{ batch_id: string }>().batch_id);
    expect(
      w.store.appended.filter((append) => append.stream.startsWith('batch-')).map((append) => append.stream),
    ).toEqual([stream, stream]);
  });

  it('sends a stranger away before the body has come', async () => {
    await w.app.listen(0, '127.0.0.1');
    const { port } = w.app.getHttpServer().address() as { port: number };
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('POST /v1/messages/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
        socket.write(`Authorization: Bearer ${strangersKey()}\r\nContent-Length: ${16 * MIB}\r\n\r\n{`);
      });
      // A server that waits for the body would be waited for by the end of this test.
      socket.setTimeout(5_000, () => socket.destroy());
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain('"code":"unauthenticated"');
  });
});
