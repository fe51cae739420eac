import Redis from 'ioredis';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { CHILDREN, CHILDREN_OF_TWO, LauncherHome } from '../support/stack-launcher';
import { eventually } from '../support/eventually';
import { testDatabaseUrl, testEventStoreUrl, testRedisUrl } from '../support/services';

jest.setTimeout(180_000);

let home: LauncherHome;

beforeEach(async () => {
  home = await LauncherHome.make();
});

afterEach(() => home.remove());

const readiness = async (): Promise<number> => (await fetch(`http://127.0.0.1:${home.port}/health/ready`)).status;

async function withDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: String(home.json('runtime.json')['DATABASE_MIGRATION_URL']) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(String(home.json('runtime.json')['REDIS_URL']));
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

describe('a start on an empty folder', () => {
  it('serves, hands out keys that work, keeps all data over a stop, and is quick the second time', async () => {
    const first = home.run();
    await first.ready();
    const demo = home.json('demo.json');
    expect(demo).toMatchObject({
      base_url: `http://127.0.0.1:${home.port}`,
      live_key: expect.stringMatching(/^wk_live_/),
      billing_key: expect.stringMatching(/^wk_billing_/),
      test_key: expect.stringMatching(/^wk_test_/),
      handset_url: expect.stringMatching(/^http:/),
      eventstore_url: expect.stringMatching(/^esdb:/),
    });
    for (const name of ['demo.json', 'runtime.json', 'secrets.json', 'ports.json', 'postgres.json']) {
      expect([name, statSync(join(home.data, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(await readiness()).toBe(200);
    expect((await fetch(String(demo['handset_url']))).status).toBe(200);
    expect(first.output).toContain(`Authorization: Bearer ${String(demo['live_key'])}`);
    expect(first.output).toContain('live keys run on simulators only');
    expect(home.running()).toEqual([...CHILDREN]);
    await withDatabase((client) => client.query("CREATE TABLE kept AS SELECT 'yes' AS answer"));
    await withRedis((redis) => redis.set('kept', 'yes'));

    expect(await first.interrupt()).toBe(0);
    expect(home.running()).toEqual([]);
    expect(first.output).toContain('Stopped. All data is kept.');
    expect(first.output).not.toMatch(/\n\s+at /);

    const second = home.run();
    // Three seconds on a machine that does nothing else; a test run does.
    expect(await second.ready()).toBeLessThan(20_000);
    const { rows } = await withDatabase((client) => client.query<{ answer: string }>('SELECT answer FROM kept'));
    expect(rows).toEqual([{ answer: 'yes' }]);
    expect(await withRedis((redis) => redis.get('kept'))).toBe('yes');
    expect(home.json('demo.json')).toEqual(demo);
    // npm passes the terminal's signal on a second time: that is one wish to stop, not the wish to stop at once.
    process.kill(second.pid, 'SIGTERM');
    expect(await second.interrupt('SIGTERM')).toBe(0);
    expect(home.running()).toEqual([]);
  });

  it('takes up again after an initdb and a server that were cut short', async () => {
    const first = home.run();
    await first.ready();
    await first.interrupt();
    const data = String(home.json('postgres.json')['data']);
    // A lock whose pid is another program's by now, as after a power cut.
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n1\n\n127.0.0.1\n\nready\n`);
    const second = home.run();
    await second.ready();
    await second.interrupt();
    // Without the marker it is what an initdb leaves that was killed.
    rmSync(join(data, '..', 'initialised.json'));
    rmSync(join(data, 'PG_VERSION'));
    const third = home.run();
    await third.ready();
    expect(await third.interrupt()).toBe(0);
  });
});

describe('a child that dies', () => {
  it('is started again, whichever it is, and the program recovers', async () => {
    const launcher = home.run({ WAHT_PROCESSES: '2' });
    await launcher.ready();
    expect(home.running()).toEqual([...CHILDREN_OF_TWO]);
    for (const name of CHILDREN_OF_TWO) {
      const before = home.pidOf(name);
      process.kill(before ?? 0, 'SIGKILL');
      await launcher.until(() => home.pidOf(name) !== undefined && home.pidOf(name) !== before, `another ${name}`);
      await untilReady();
    }
    expect(launcher.output.match(/ended \(killed by SIGKILL\) and is started again\./g)).toHaveLength(
      CHILDREN_OF_TWO.length,
    );
    // Only the other process brings it into the read model that the list is made from.
    let sent: string | null = null;
    await eventually(async () => (sent = await send()) !== null, 30_000);
    await eventually(async () => (await listed()).includes(String(sent)), 30_000);
    expect(await launcher.interrupt()).toBe(0);
    expect(home.running()).toEqual([]);
  });
});

async function ask(path: string, body?: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${home.port}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${String(home.json('demo.json')['live_key'])}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

/** Null: it is refused because something is away, as readiness says within a second. */
async function send(): Promise<string | null> {
  const answer = await ask('/v1/messages', { to: '+254722000001', channel: 'sms', body: 'Hi', sender_id: 'WAHT' });
  expect([202, 503]).toContain(answer.status);
  return answer.status === 202 ? ((await answer.json()) as { message_id: string }).message_id : null;
}

async function listed(): Promise<readonly string[]> {
  const list = (await (await ask('/v1/messages')).json()) as { data: readonly { message_id: string }[] };
  return list.data.map(({ message_id }) => message_id);
}

async function untilReady(): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (
    await readiness().then(
      (status) => status !== 200,
      () => true,
    )
  ) {
    if (Date.now() > deadline) throw new Error('the application is not ready again');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a launcher that was killed', () => {
  it('leaves orphans that the next start stops before it goes on', async () => {
    const killed = home.run();
    await killed.ready();
    const demo = home.json('demo.json');
    const before = CHILDREN.map((name) => home.pidOf(name));
    await killed.kill();
    expect(home.running()).toEqual([...CHILDREN]);
    const next = home.run();
    await next.ready();
    expect(next.output).toContain(
      'The last start was killed and left application, sandbox, event-store, redis, postgres',
    );
    const after = CHILDREN.map((name) => home.pidOf(name));
    for (const [index, pid] of after.entries()) expect(pid).not.toBe(before[index]);
    expect(home.json('demo.json')).toEqual(demo);
    expect(await next.interrupt()).toBe(0);
    expect(home.running()).toEqual([]);
  });
});

describe('a start that cannot be', () => {
  it('says in one line that another one has the data folder', async () => {
    const first = home.run();
    await first.ready();
    const second = home.run();
    expect(await second.ends()).toBe(1);
    expect(second.output).toBe(
      `Another start (process ${first.pid}) is using ${home.data}. Stop it first, or set WAHT_DATA to another folder.\n`,
    );
    expect(await readiness()).toBe(200);
    expect(await first.interrupt()).toBe(0);
  });

  it('says in one line that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const launcher = home.run({ PORT: String(port) });
    expect(await launcher.ends()).toBe(1);
    expect(launcher.output).toBe(
      `Port ${port} on 127.0.0.1 is in use by another program. Stop it, or choose another one: PORT=${port + 1} npm start\n`,
    );
    expect(home.running()).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says in one line what is wrong with its configuration, after stopping what it had started', async () => {
    const launcher = home.run({ WAHT_MASTER_KEY: 'short' });
    expect(await launcher.ends()).toBe(1);
    const lines = launcher.output.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^The application .*WAHT_MASTER_KEY.*application\.log$/);
    expect(launcher.output).not.toContain('started again');
    expect(launcher.output).not.toMatch(/\n\s+at /);
    expect(home.running()).toEqual([]);
  });
});

describe('services that are given', () => {
  it('are used in place of embedded ones', async () => {
    const launcher = home.run({
      DATABASE_URL: testDatabaseUrl(),
      REDIS_URL: testRedisUrl(),
      ESDB_URL: testEventStoreUrl(),
    });
    await launcher.ready();
    expect(home.running()).toEqual(['application', 'sandbox']);
    expect(home.json('runtime.json')).toMatchObject({ DATABASE_URL: testDatabaseUrl(), ESDB_URL: testEventStoreUrl() });
    expect(await launcher.interrupt()).toBe(0);
    expect(home.running()).toEqual([]);
  });
});
