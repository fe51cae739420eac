import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDist } from '../../support/services';
import { Application, ask, failureOf, providerConfig, sendTo, until } from './support/bench';

const NUMBER = '+254712345678';

interface Ready {
  ready: true;
  port: number | null;
  providers: { name: string; port: number }[];
}

/** The sandbox as its own process, as the launcher runs it. */
class SandboxProcess {
  stdout = '';
  stderr = '';
  code: number | null = null;
  private readonly child: ChildProcess;

  constructor(env: Record<string, string>) {
    const main = join(testDist(), 'infrastructure', 'embedded', 'sandbox', 'main.js');
    this.child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env } });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.child.on('close', (code, signal) => (this.code = code ?? (signal === null ? -1 : -2)));
  }

  async ready(): Promise<Ready> {
    await until(() => this.stdout.includes('\n') || this.code !== null, 15_000);
    return JSON.parse(this.stdout);
  }

  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined && this.code === null) this.child.kill(signal);
    await until(() => this.code !== null, 15_000);
    return this.code;
  }
}

describe("the sandbox's process", () => {
  const application = new Application();
  const folder = mkdtempSync(join(tmpdir(), 'waht-sandbox-process-'));
  const started: SandboxProcess[] = [];
  beforeAll(() => application.start());
  afterAll(async () => {
    for (const sandbox of started) await sandbox.end('SIGKILL');
    await application.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (more: Record<string, string> = {}) => {
    const providers = JSON.stringify([providerConfig('tier_1', application.url)]);
    const env = { SANDBOX_PORT: '0', SANDBOX_DATA: folder, SANDBOX_PROVIDERS: providers, ...more };
    const sandbox = new SandboxProcess(env);
    started.push(sandbox);
    return sandbox;
  };
  const provider = (ready: Ready) => `http://127.0.0.1:${ready.providers[0]?.port}`;

  it('says once when everything listens, and ends with 0 on SIGTERM', async () => {
    const sandbox = start();
    const ready = await sandbox.ready();
    expect(ready).toMatchObject({ ready: true, providers: [{ name: 'at-tier_1' }] });
    expect((await ask(`http://127.0.0.1:${ready.port}/`, {})).status).toBe(200);
    expect((await sendTo(provider(ready), NUMBER, 'Hello')).status).toBe(201);
    // A call that is never answered does not hold up the end.
    const hanging = failureOf(sendTo(provider(ready), '+254700000109', 'Hello'));
    await until(async () => (await ask(`http://127.0.0.1:${ready.port}/sandbox/inbox`, {})).text.includes('0109'));
    expect(await sandbox.end('SIGTERM')).toBe(0);
    expect(['UND_ERR_SOCKET', 'ECONNRESET']).toContain(await hanging);
    expect(sandbox.stdout.trim().split('\n')).toHaveLength(1);
    expect(sandbox.stderr).toBe('');
  }, 30_000);

  it('keeps every accepted text and every owed report over a kill -9', async () => {
    const first = start();
    const before = await first.ready();
    const control = `http://127.0.0.1:${before.port}`;
    await ask(`${control}/sandbox/inbox`, { method: 'DELETE' });
    const patch = JSON.stringify({ report: { delay_ms: 3_000 } });
    await ask(`${control}/sandbox/providers/at-tier_1`, { method: 'PATCH', body: patch });
    application.callbacks.length = 0;
    let answered = 0;
    const answers = Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        sendTo(provider(before), NUMBER, `text ${index}`).then(
          (answer) => {
            answered += 1;
            return [answer.text];
          },
          () => [],
        ),
      ),
    );
    await until(() => Promise.resolve(answered > 20));
    await first.end('SIGKILL');
    const ids = (await answers).flat().map((text) => JSON.parse(text).SMSMessageData.Recipients[0].messageId);
    expect(ids.length).toBeGreaterThan(0);
    const second = start();
    const after = await second.ready();
    const inbox = JSON.parse((await ask(`http://127.0.0.1:${after.port}/sandbox/inbox?limit=1000`, {})).text);
    const kept = new Set(inbox.data.map((row: { provider_message_id: string }) => row.provider_message_id));
    expect(ids.filter((id) => !kept.has(id))).toEqual([]);
    const reported = () => new Set(application.callbacks.map(({ form }) => form['id']));
    await until(() => ids.every((id) => reported().has(id)), 10_000);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('serves nothing but the providers with SANDBOX_ROUTES=off', async () => {
    const sandbox = start({ SANDBOX_ROUTES: 'off' });
    const ready = await sandbox.ready();
    expect(ready.port).toBeNull();
    expect((await sendTo(provider(ready), NUMBER, 'Hello')).status).toBe(201);
    for (const path of ['/', '/sandbox/inbox', '/sandbox/providers'])
      expect((await ask(`${provider(ready)}${path}`, {})).status).toBe(404);
    expect(await sandbox.end('SIGTERM')).toBe(0);
  }, 30_000);

  it('ends with 1 and one clear line when a port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = taken.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const sandbox = start({ SANDBOX_PORT: String(port) });
    expect(await sandbox.end()).toBe(1);
    expect(sandbox.stderr).toBe(`sandbox: port ${port} is already in use\n`);
    expect(sandbox.stdout).toBe('');
    taken.close();
  }, 30_000);

  it('ends with 1 and names every bad variable', async () => {
    const sandbox = start({ SANDBOX_PORT: 'x', SANDBOX_ROUTES: 'maybe', SANDBOX_PROVIDERS: '[]' });
    expect(await sandbox.end()).toBe(1);
    for (const name of ['SANDBOX_PORT', 'SANDBOX_ROUTES', 'SANDBOX_PROVIDERS'])
      expect(sandbox.stderr).toContain(`sandbox: ${name}: `);
  }, 30_000);
});
