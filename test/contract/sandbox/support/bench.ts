import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderConfig } from '../../../../src/infrastructure/embedded/sandbox/config';
import { startSandbox, type RunningSandbox } from '../../../../src/infrastructure/embedded/sandbox/sandbox';

/** One request that the sandbox sent to the application. */
export interface Callback {
  path: string;
  form: Record<string, string>;
  atMs: number;
}

/** Stands in for the application: keeps what it gets and answers as told. */
export class Application {
  readonly callbacks: Callback[] = [];
  /** Answers of the next callbacks, in order; 200 when there is none left. */
  readonly answers: number[] = [];
  private readonly server: Server;
  private boundPort = 0;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
        this.callbacks.push({ path: request.url ?? '', form, atMs: Date.now() });
        response.writeHead(this.answers.shift() ?? 200).end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.boundPort}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.boundPort, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = this.server.address();
    if (address !== null && typeof address === 'object') this.boundPort = address.port;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Reports about this message only: those of an earlier test may still be on their way. */
  reportsOf(messageId: string): Record<string, string>[] {
    return this.callbacks.map(({ form }) => form).filter((form) => form['id'] === messageId);
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface SendAnswer {
  SMSMessageData: {
    Message: string;
    Recipients: { statusCode: number; number: string; status: string; cost: string; messageId: string }[];
  };
}

/** The sandbox inside the test's own process, with an application to report to. */
export class Bench {
  readonly application = new Application();
  readonly folder = mkdtempSync(join(tmpdir(), 'waht-sandbox-'));
  private running: RunningSandbox | null = null;

  constructor(private readonly options: { inbound?: boolean; inboxCap?: number; routes?: boolean } = {}) {}

  async start(): Promise<void> {
    await this.application.start();
    await this.startSandbox();
  }

  async startSandbox(): Promise<void> {
    this.running = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      dataFolder: this.folder,
      routes: this.options.routes ?? true,
      inboxCap: this.options.inboxCap,
      providers: ['tier_1', 'tier_2'].map((tier) => providerConfig(tier, this.application.url, this.options.inbound)),
    });
  }

  async stopSandbox(): Promise<void> {
    await this.running?.stop();
    this.running = null;
  }

  async stop(): Promise<void> {
    await this.stopSandbox();
    await this.application.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get control(): string {
    return `http://127.0.0.1:${this.sandbox.port}`;
  }

  get sandbox(): RunningSandbox {
    if (this.running === null) throw new Error('The sandbox is not running');
    return this.running;
  }

  provider(tier: string): string {
    const port = this.sandbox.providers.find(({ name }) => name === `at-${tier}`)?.port;
    return `http://127.0.0.1:${port}`;
  }

  /** Sends one text as a gateway would. */
  send(to: string, message = 'Hello', options: SendOptions = {}): Promise<Answer> {
    return sendTo(this.provider(options.tier ?? 'tier_1'), to, message, options);
  }

  async sendOk(to: string, message = 'Hello', options: SendOptions = {}): Promise<SendAnswer['SMSMessageData']> {
    const answer = await this.send(to, message, options);
    if (answer.status !== 201) throw new Error(`Answered ${answer.status}: ${answer.text}`);
    const parsed: SendAnswer = JSON.parse(answer.text);
    return parsed.SMSMessageData;
  }

  /** Sends one text that must be taken; its id. */
  async take(to: string, options: SendOptions = {}): Promise<string> {
    const { Recipients } = await this.sendOk(to, 'Hello', options);
    const [recipient] = Recipients;
    if (recipient?.statusCode !== 101) throw new Error(`Refused: ${JSON.stringify(recipient)}`);
    return recipient.messageId;
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(`${this.control}${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  /** Sets switches and fails when they are refused. */
  async switch(body: unknown, tier = 'tier_1'): Promise<void> {
    const answer = await this.call('PATCH', `/sandbox/providers/at-${tier}`, body);
    if (answer.status !== 200) throw new Error(answer.text);
  }

  async inbox(query = ''): Promise<{ data: Record<string, unknown>[]; next_cursor: string | null }> {
    const answer = await this.call('GET', `/sandbox/inbox${query}`);
    return JSON.parse(answer.text);
  }
}

export interface SendOptions {
  tier?: string;
  accept?: string;
  key?: string;
  timeoutMs?: number;
}

export function providerConfig(tier: string, applicationUrl: string, inbound = false): ProviderConfig {
  return {
    name: `at-${tier}`,
    tier,
    adapter: 'africastalking',
    port: 0,
    username: 'sandbox',
    api_key: 'secret-key',
    callback_url: `${applicationUrl}/reports/at-${tier}`,
    inbound_url: inbound ? `${applicationUrl}/inbound/at-${tier}` : undefined,
  };
}

export function sendTo(base: string, to: string, message: string, options: SendOptions = {}): Promise<Answer> {
  return ask(`${base}/version1/messaging`, {
    method: 'POST',
    headers: { apiKey: options.key ?? 'secret-key', accept: options.accept ?? 'application/json' },
    body: new URLSearchParams({ username: 'sandbox', to, message, from: 'WAHT' }),
    signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
  });
}

export async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Waits until the condition holds. @throws Error after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error('It did not come about in time');
    await pause(10);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The system's code of a failed request, e.g. ECONNREFUSED. */
export async function failureOf(request: Promise<Answer>): Promise<string> {
  try {
    const answer = await request;
    return `answered ${answer.status}`;
  } catch (error) {
    // fetch's errors belong to another realm than the test's, so `instanceof Error` says nothing here.
    const { name, cause } = Object(error);
    return name === 'TimeoutError' ? 'timeout' : String(Object(cause).code ?? error);
  }
}
