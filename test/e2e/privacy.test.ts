import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import Redis from 'ioredis';
import { EventStoreDBClient } from '@eventstore/db-client';
import { eventually } from '../support/eventually';
import { GatewayClient, SandboxClient, type Message } from '../support/gateway-client';
import {
  type Find,
  type Needle,
  binaryNeedles,
  numberNeedles,
  scanFolders,
  scanRedis,
  scanText,
  textNeedles,
} from '../support/plaintext-scan';
import { waht } from '../support/provisioning';
import { testDatabaseUrl } from '../support/services';
import { type Stack, startStack } from '../support/stack';

jest.setTimeout(300_000);

const ERASED = '[erased]';
const aNumber = (): string => `+25471${String(randomInt(10_000_000)).padStart(7, '0')}`;

/** A person, and what only that person was sent. */
const PHONE = aNumber();
const BODY = `Habari Wanjiku, your parcel ${randomUUID()} waits at Moi Avenue.`;
const OTHER = aNumber();
const needles = [...numberNeedles(PHONE), ...textNeedles('the body', BODY)];

interface KeyRow {
  subject_id: string;
  lookup_hash: Buffer;
  wrapped_key: Buffer;
}

describe('an erased person', () => {
  let stack: Stack;
  let apps: { base: string; output: () => string }[];
  let clients: GatewayClient[];
  let postgres: Client;
  let customer: string;
  const sent: Message[] = [];
  let key: KeyRow;

  const [first, second] = [(): GatewayClient => at(0), (): GatewayClient => at(1)];
  const at = (index: number): GatewayClient => {
    const client = clients[index];
    if (client === undefined) throw new Error('the stack is not up');
    return client;
  };
  const keyRow = async (hash?: Buffer): Promise<KeyRow[]> =>
    (
      await postgres.query<KeyRow>(
        'SELECT * FROM subject_keys WHERE customer_id = $1 AND ($2::bytea IS NULL OR lookup_hash = $2)',
        [customer, hash ?? null],
      )
    ).rows;

  const rowsIn = async (table: 'receipt_inbox' | 'provider_answers', hash?: Buffer): Promise<number | null> =>
    (await postgres.query(`SELECT 1 FROM ${table} WHERE $1::bytea IS NULL OR lookup_hash = $1`, [hash ?? null]))
      .rowCount;

  beforeAll(async () => {
    stack = await startStack({ env: { LOG_LEVEL: 'debug', ACCESS_LOG_SAMPLE: '1' } });
    const more = await stack.addApplication();
    apps = [
      { base: stack.base, output: () => stack.application.output() },
      { base: more.base, output: () => more.process.output() },
    ];
    clients = apps.map(({ base }) => new GatewayClient(base, stack.demo?.live_key ?? '', 8));
    customer = stack.demo?.customer_id ?? '';
    postgres = new Client({ connectionString: stack.env['DATABASE_MIGRATION_URL'] });
    await postgres.connect();
  });
  afterAll(async () => {
    await Promise.all(clients?.map((client) => client.close()) ?? []);
    await postgres?.end();
    await stack?.stop();
  });

  /** The files of the servers, as they are now: Postgres with its log, the event store's LMDB, the logs of the processes. */
  async function onDisk(wanted: readonly Needle[]): Promise<Find[]> {
    await superuser('CHECKPOINT');
    const data = String((await superuser('SHOW data_directory'))[0]?.['data_directory']);
    // Of the databases of the run only ours: the others are those of other tests.
    const { rows } = await postgres.query<{ oid: string }>(
      'SELECT oid FROM pg_database WHERE datname = current_database()',
    );
    const servers = [`${data}/base/${String(rows[0]?.oid)}`, `${data}/global`, `${data}/pg_wal`];
    return scanFolders([...servers, `${stack.folder}/event-store`, `${stack.folder}/logs`], wanted);
  }
  async function superuser(text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: testDatabaseUrl() });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }
  /** What the program says of itself and to operators. */
  async function outputs(): Promise<[string, string][]> {
    const pages = ['/metrics', '/health/ready', '/openapi.json'];
    const fetched = apps.flatMap(({ base }) =>
      pages.map(async (page): Promise<[string, string]> => [page, await (await fetch(base + page)).text()]),
    );
    return [...apps.map(({ output }): [string, string] => ['log', output()]), ...(await Promise.all(fetched))];
  }
  const totals = async () => ({
    balance: { ...(await first().balance()), as_of: null },
    statement: (await postgres.query('SELECT * FROM statement_days ORDER BY 1, 2, 3').catch(() => ({ rows: [] }))).rows,
    timelines: await Promise.all(sent.map(({ message_id }) => first().timeline(message_id))),
  });

  it('is written to, and every process reads it', async () => {
    for (const [index, to] of [PHONE, PHONE, OTHER].entries()) {
      const body = to === PHONE ? BODY : 'Something else.';
      const answer = await at(index % 2).send(to, { body }, { 'idempotency-key': `key-${index}` });
      expect(answer.status).toBe(202);
      sent.push(answer.body);
    }
    for (const { message_id } of sent) await first().until(message_id, ({ status }) => status === 'delivered', 20_000);
    for (const client of clients)
      expect(await client.message(sent[0]?.message_id ?? '')).toMatchObject({ to: PHONE, body: BODY });
    // What a provider says instead of an answer is kept beside the reports.
    const sandbox = new SandboxClient(stack.handset);
    await sandbox.set('sandbox-tier-1', { answer: 'html' });
    const { message_id: unread } = (await first().send(PHONE, { body: BODY })).body;
    await first().until(unread, ({ status }) => status === 'delivered', 20_000);
    await sandbox.reset('sandbox-tier-1');
    await eventually(async () => (await rowsIn('provider_answers')) === 1, 10_000);
    await waht(stack, 'block', 'place', '--customer', customer, '--to', PHONE, '--note', 'asked to');
    expect((await second().send(PHONE, { body: BODY })).status).toBe(403);

    const [row] = (await keyRow()).filter(({ subject_id }) => subject_id !== '');
    const rows = await keyRow();
    const kept = await postgres.query<{ subject_id: string }>('SELECT subject_id FROM messages WHERE message_id = $1', [
      sent[0]?.message_id,
    ]);
    key = rows.find(({ subject_id }) => subject_id === kept.rows[0]?.subject_id) ?? (row as KeyRow);
    expect(key.subject_id).toMatch(/^sub_/);
  });

  it('is named by no refusal, and neither is a key', async () => {
    const { live_key: apiKey = '' } = stack.demo ?? {};
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const post = (body: string, more: Record<string, string> = {}): Promise<Response> =>
      fetch(`${stack.base}/v1/messages`, { method: 'POST', headers: { ...headers, ...more }, body });
    const message = (change: object): string => JSON.stringify({ to: PHONE, channel: 'sms', body: BODY, ...change });
    const secret = [...needles, ...textNeedles('the API key', apiKey)];
    const answers = await Promise.all([
      post(message({}).slice(1)),
      post(message({ to: `${PHONE}9999` })),
      post(message({ nonsense: PHONE, sender_id: PHONE })),
      post(message({ body: BODY.repeat(30) })),
      post(message({}), { 'content-type': `text/${PHONE.slice(1)}` }),
      post(message({}), { 'idempotency-key': `${PHONE} ${BODY} ü`.slice(0, 20) + 'x'.repeat(300) }),
      post(message({}), { authorization: `Bearer ${apiKey}x` }),
      fetch(`${stack.base}/v1/messages/${PHONE}`, { headers }),
      fetch(`${stack.base}/v1/messages?to=${PHONE}&cursor=${PHONE}`, { headers }),
      fetch(`${stack.base}/${PHONE}?key=${apiKey}`, { method: 'DELETE', headers }),
      fetch(`${stack.base}/callbacks/sms/at/${PHONE}/reports`, { method: 'POST', body: `phoneNumber=${PHONE}` }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(scanText(`${answer.status}`, await answer.text(), secret)).toEqual([]);
    }
    for (const [where, text] of await outputs()) expect(scanText(where, text, secret)).toEqual([]);
  });

  it('was never in clear in any file, log or cache; its key is in files until it is destroyed', async () => {
    await eventually(async () => (await rowsIn('receipt_inbox', key.lookup_hash)) === 3, 10_000);
    expect(await rowsIn('provider_answers', key.lookup_hash)).toBe(1);
    expect(await onDisk(needles)).toEqual([]);
    expect(await scanRedis(stack.env['REDIS_URL'] ?? '', needles)).toEqual([]);
    for (const [where, text] of await outputs()) expect(scanText(where, text, needles)).toEqual([]);
    // The handset itself, which stands for the person's phone, has it: the scan does find what is there.
    expect(scanFolders([`${stack.folder}/sandbox`], needles)).not.toEqual([]);
    expect(await onDisk(binaryNeedles('the wrapped key', key.wrapped_key))).not.toEqual([]);
    expect(await scanRedis(stack.env['REDIS_URL'] ?? '', hashNeedles())).not.toEqual([]);
  });
  const hashNeedles = (): Needle[] => binaryNeedles('the keyed hash', key.lookup_hash);

  it('reads [erased] in every process within a second of the erasure, and all totals stay', async () => {
    const before = await totals();
    const seen: number[] = [];
    const watching = clients.map(async (client) => {
      for (;;) {
        const { body } = await client.message(sent[0]?.message_id ?? '');
        if (body === ERASED) return void seen.push(Date.now());
        await delay(10);
      }
    });
    const erased = await waht(
      stack,
      'privacy',
      'erase',
      '--customer',
      customer,
      '--phone',
      PHONE,
      '--note',
      'ticket 4711',
    );
    await Promise.all(watching);
    expect(erased).toMatchObject({ subject_id: key.subject_id, erased: true, block_ended: true });
    expect(erased).toMatchObject({ reports_removed: 3, answers_removed: 1 });
    expect(erased['cleaned']).toEqual(
      [
        ...['the keys’ table', 'the reports’ table', 'the answers’ table', 'the texts’ table'],
        ...['the write-ahead log', 'the files of Redis'],
      ].map((name) => ({
        name,
        refused: null,
      })),
    );
    const recordedAt = await recorded(`subject-${key.subject_id}`);
    for (const at_ of seen) expect(at_ - recordedAt).toBeLessThan(1_000);

    for (const client of clients) {
      for (const message of sent.slice(0, 2)) {
        expect(await client.message(message.message_id)).toMatchObject({
          to: ERASED,
          body: ERASED,
          status: 'delivered',
          cost_kes: 0.8,
        });
      }
      expect(await client.message(sent[2]?.message_id ?? '')).toMatchObject({ to: OTHER, body: 'Something else.' });
      const list = await client.call<{ data: Message[] }>('GET', `/v1/messages?to=${encodeURIComponent(PHONE)}`);
      expect(list.body.data).toEqual([]);
    }
    expect(await totals()).toEqual(before);
  });
  async function recorded(stream: string): Promise<number> {
    const client = EventStoreDBClient.connectionString(stack.env['ESDB_URL'] ?? '');
    try {
      for await (const { event } of client.readStream(stream)) {
        expect(event?.data).toEqual({ subjectId: key.subject_id, customerId: customer, note: 'ticket 4711' });
        if (event) return event.created.getTime();
      }
    } finally {
      await client.dispose();
    }
    throw new Error(`${stream} is empty`);
  }

  it('has left nothing: no key and no hash in data files or write-ahead log, Redis or its snapshot, nor in clear anywhere', async () => {
    const gone = [...needles, ...hashNeedles(), ...binaryNeedles('the wrapped key', key.wrapped_key)];
    expect(await rowsIn('provider_answers')).toBe(0);
    expect(await onDisk(gone)).toEqual([]);
    expect(await scanRedis(stack.env['REDIS_URL'] ?? '', gone)).toEqual([]);
    const redis = new Redis(stack.env['REDIS_URL'] ?? '');
    const [, folder = ''] = await redis.config('GET', 'dir');
    await redis.bgsave('SCHEDULE');
    await eventually(async () => (await redis.info('persistence')).includes('rdb_bgsave_in_progress:0'), 10_000);
    redis.disconnect();
    expect(scanFolders([folder], gone)).toEqual([]);
    for (const [where, text] of await outputs()) expect(scanText(where, text, gone)).toEqual([]);
  });

  it('leaves the audit log whole, repeats a first answer, and is done once', async () => {
    await eventually(async () => {
      const { rows } = await postgres.query('SELECT 1 FROM audit_log WHERE type = $1', ['SubjectErased']);
      return rows.length === 1;
    }, 10_000);
    const { code, output } = await stack.cli('audit', 'verify', '--json');
    expect([code, output]).toEqual([0, expect.stringContaining('"ok":true')]);
    const again = await waht(
      stack,
      'privacy',
      'erase',
      '--customer',
      customer,
      '--phone',
      PHONE,
      '--note',
      'again',
      '--no-clean-disk',
    );
    expect(again).toMatchObject({ subject_id: null, erased: false, block_ended: false, cleaned: [] });
    const replayed = await second().send(PHONE, { body: BODY }, { 'idempotency-key': 'key-0' });
    expect([replayed.status, replayed.headers['idempotency-replayed'], replayed.body.message_id]).toEqual([
      202,
      'true',
      sent[0]?.message_id,
    ]);
  });

  it('is somebody new when it is written to again', async () => {
    const answer = await first().send(PHONE, { body: BODY });
    expect(answer.status).toBe(202);
    const message = await second().until(answer.body.message_id, ({ status }) => status === 'delivered', 20_000);
    expect(message).toMatchObject({ to: PHONE, body: BODY });
    const [row] = await keyRow(key.lookup_hash);
    expect(row?.subject_id).not.toBe(key.subject_id);
    expect(await second().message(sent[0]?.message_id ?? '')).toMatchObject({ to: ERASED, body: ERASED });
    expect((await new SandboxClient(stack.handset).inbox(PHONE)).length).toBe(4);
  });

  it('stays erased where Postgres is restored from a copy that still has the key', async () => {
    await postgres.query('DELETE FROM subject_keys WHERE lookup_hash = $1', [key.lookup_hash]);
    await postgres.query(
      `INSERT INTO subject_keys (customer_id, lookup_hash, subject_id, wrapped_key, key_version) VALUES ($1, $2, $3, $4, 1)`,
      [customer, key.lookup_hash, key.subject_id, key.wrapped_key],
    );
    await stack.application.restart();
    await eventually(async () => (await keyRow(key.lookup_hash)).length === 0, 10_000);
    expect(await first().message(sent[0]?.message_id ?? '')).toMatchObject({ to: ERASED, body: ERASED });
  });

  it.each([
    [['--phone', PHONE, '--note', `for ${PHONE}`], 'note must not hold the number'],
    [['--phone', '12', '--note', 'x'], 'phone must be a mobile number'],
    [['--phone', PHONE], "required option '--note <note>' not specified"],
  ])('is not erased with arguments that are wrong', async (args, line) => {
    const { code, output } = await stack.cli('privacy', 'erase', '--customer', customer, ...args);
    expect([code, output]).toEqual([1, expect.stringContaining(line)]);
    expect(scanText('output', output, needles)).toEqual([]);
  });
});
