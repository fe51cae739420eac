import { request } from 'node:http';
import { ask, Bench, until } from './support/bench';

interface StreamEvent {
  id?: string;
  event: string;
  data: Record<string, unknown>;
}

/** Reads Server-Sent Events until it is stopped. */
function readStream(
  url: string,
  headers: Record<string, string> = {},
): { events: StreamEvent[]; stop: () => Promise<void> } {
  const events: StreamEvent[] = [];
  const aborter = new AbortController();
  const read = async (): Promise<void> => {
    const response = await fetch(url, { headers, signal: aborter.signal });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event !== undefined) events.push({ id: field('id'), event, data: JSON.parse(field('data') ?? '{}') });
      }
    }
  };
  const ended = read().catch((error: unknown) => {
    if (!aborter.signal.aborted) throw error;
  });
  const stop = async (): Promise<void> => {
    aborter.abort();
    await ended;
  };
  return { events, stop };
}

/** A request with a Host of its own, which fetch does not allow. */
function withHost(url: string, host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe("the sandbox's control API and page", () => {
  const bench = new Bench({ inboxCap: 50 });
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());
  beforeEach(() => bench.call('DELETE', '/sandbox/inbox'));

  it('pages through the inbox, oldest first, of one handset or of all', async () => {
    for (let index = 0; index < 5; index += 1)
      await bench.sendOk(index % 2 === 0 ? '+254712000001' : '+254712000002', `text ${index}`);
    const first = await bench.inbox('?limit=2');
    expect(first.data.map((row) => row['body'])).toEqual(['text 0', 'text 1']);
    const second = await bench.inbox(`?limit=3&after=${first.next_cursor}`);
    expect(second.data.map((row) => row['body'])).toEqual(['text 2', 'text 3', 'text 4']);
    expect(second.next_cursor).toBeNull();
    const one = await bench.inbox('?to=+254712000001');
    expect(one.data.map((row) => row['body'])).toEqual(['text 0', 'text 2', 'text 4']);
    expect((await bench.inbox('?to=0712000002&limit=1')).next_cursor).not.toBeNull();
  });

  it('shows a copy received twice as two rows', async () => {
    await bench.sendOk('+254712000001', 'same');
    await bench.sendOk('+254712000001', 'same');
    expect((await bench.inbox()).data).toHaveLength(2);
  });

  it('never gives a number twice, also after it was emptied', async () => {
    await bench.sendOk('+254712000001', 'one');
    const before = (await bench.inbox()).data[0]?.['id'];
    expect((await bench.call('DELETE', '/sandbox/inbox')).status).toBe(204);
    await bench.stopSandbox();
    await bench.startSandbox();
    await bench.sendOk('+254712000001', 'two');
    const after = await bench.inbox(`?after=${String(before)}`);
    expect(after.data.map((row) => row['body'])).toEqual(['two']);
  });

  it('keeps only the newest rows', async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => `+2547120000${String(index).padStart(2, '0')}`);
    for (let round = 0; round < 21; round += 1) await bench.sendOk(numbers.join(','), `round ${round}`);
    const { data } = await bench.inbox('?limit=1000');
    expect(data.length).toBeLessThan(1_050);
    expect(data.at(-1)?.['body']).toBe('round 20');
    expect((await bench.inbox('?to=0712000000')).data.length).toBeLessThanOrEqual(20);
  });

  it('answers problem documents with a request id', async () => {
    const answer = await bench.call('GET', '/sandbox/inbox?limit=0');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'invalid_parameter', status: 400 });
    expect(JSON.parse(answer.text).request_id).toBe(answer.headers.get('x-request-id'));
    const malformed = await ask(`${bench.control}/sandbox/providers/at-tier_1`, { method: 'PATCH', body: '{' });
    expect([malformed.status, JSON.parse(malformed.text).code]).toEqual([400, 'malformed_json']);
    expect((await bench.call('GET', '/sandbox/prompts')).status).toBe(404);
    const wrong = await bench.call('POST', '/sandbox/inbox', {});
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, DELETE']);
  });

  it('describes the providers', async () => {
    const { data } = JSON.parse((await bench.call('GET', '/sandbox/providers')).text);
    expect(data).toHaveLength(2);
    expect(Object.keys(data[0])).toEqual(['name', 'tier', 'adapter', 'state', 'requests', 'accepted', 'reports']);
    expect(data[0]).toMatchObject({ name: 'at-tier_1', tier: 'tier_1', adapter: 'africastalking' });
  });

  it('keeps other sites out', async () => {
    expect(await withHost(bench.control, 'evil.example', '/sandbox/inbox')).toBe(403);
    expect(await withHost(bench.control, 'evil.example', '/')).toBe(403);
    expect(await withHost(bench.control, 'localhost:1', '/sandbox/inbox')).toBe(200);
    const foreign = await ask(`${bench.control}/sandbox/inbox`, { headers: { origin: 'http://evil.example' } });
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('serves the page under a strict policy, with nothing inline or from outside', async () => {
    const page = await bench.call('GET', '/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.text).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)/);
    const linked = [...page.text.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map((match) => match[1] ?? '');
    expect(linked.length).toBeGreaterThan(5);
    for (const path of linked) {
      const file = await bench.call('GET', path);
      expect([path, file.status]).toEqual([path, 200]);
      expect(file.text).not.toMatch(/innerHTML|insertAdjacentHTML|@import|url\(/);
    }
    expect((await bench.call('GET', '/../config.js')).status).toBe(404);
  });

  it('streams what arrives, and goes on after Last-Event-ID', async () => {
    await bench.sendOk('+254712000001', 'before');
    const stream = readStream(`${bench.control}/sandbox/stream`);
    const texts = () => stream.events.filter(({ event }) => event === 'message').map(({ data }) => data['body']);
    await until(() => texts().length === 1);
    await bench.sendOk('+254712000001', 'live');
    await until(() => texts().length === 2);
    expect(texts()).toEqual(['before', 'live']);
    await bench.switch({ latency_ms: 1 });
    await until(() => JSON.stringify(stream.events.at(-1)?.data).includes('"latency_ms":1'));
    const last = stream.events.filter(({ id }) => id !== undefined).at(-1)?.id ?? '';
    await stream.stop();
    await bench.sendOk('+254712000001', 'missed');
    const resumed = readStream(`${bench.control}/sandbox/stream`, { 'last-event-id': last });
    await until(() => resumed.events.some(({ event }) => event === 'message'));
    expect(resumed.events.filter(({ event }) => event === 'message').map(({ data }) => data['body'])).toEqual([
      'missed',
    ]);
    expect(resumed.events[0]).toMatchObject({ event: 'hello', data: { resumed: true, inbound: false } });
    await bench.call('DELETE', '/sandbox/inbox');
    await until(() => resumed.events.some(({ event }) => event === 'cleared'));
    await resumed.stop();
  });
});
