import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChangeFeed } from '../engine/change-feed';
import type { Handsets, InboundCarrier } from '../engine/handsets';
import { parseSettings } from '../faults/parse-settings';
import { NO_FAULTS, type FaultSettings } from '../faults/settings';
import type { SimulatedProvider } from '../providers/simulated-provider';
import type { InboxStore } from '../store/inbox-store';
import { refuseForeignSites } from './guard';
import { loadPage, PAGE_HEADERS, type PageFile } from './page-files';
import { notFound, Problem, validationFailed } from './problem';
import { readHandsetText, readInboxQuery, readJson, toE164 } from './requests';
import { LiveStream } from './stream';

/** What a call is answered with; null for an answer that was taken over. */
type Answer = { status: number; body?: unknown } | null;

/** The page and the control API of `api.md`, "The sandbox": plain JSON, no key, for people and tests on this machine. */
export class ControlServer {
  private readonly server: Server;
  private readonly stream: LiveStream;
  private readonly page: ReadonlyMap<string, PageFile>;

  constructor(
    private readonly inbox: InboxStore,
    private readonly handsets: Handsets,
    private readonly providers: ReadonlyMap<string, SimulatedProvider>,
    private readonly feed: ChangeFeed,
  ) {
    this.page = loadPage();
    this.stream = new LiveStream(inbox, () => this.describeProviders(), hello([...providers.values()]), feed);
    this.server = createServer((request, response) => {
      void this.serve(request, response);
    });
  }

  /** @throws Error of the system, e.g. EADDRINUSE. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        const address: AddressInfo | string | null = this.server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : port);
      });
    });
  }

  async stop(): Promise<void> {
    this.stream.stop();
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    response.setHeader('x-request-id', requestId);
    response.setHeader('x-content-type-options', 'nosniff');
    try {
      refuseForeignSites(request.headers);
      const answer = await this.route(request, response);
      if (answer !== null) send(response, answer.status, 'application/json; charset=utf-8', answer.body);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, 'internal', 'The sandbox failed');
      if (problem !== error) process.stderr.write(`sandbox: ${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent || response.destroyed) return;
      for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
      send(response, problem.status, 'application/problem+json; charset=utf-8', problem.document(requestId));
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const method = request.method ?? 'GET';
    const file = this.page.get(path);
    if (file !== undefined) return only(method, { GET: () => servePage(response, file) });
    const parts = path.split('/').slice(1);
    if (parts[0] !== 'sandbox') throw notFound();
    const [, area = '', name = '', leaf] = parts;
    if (parts.length === 2 && area === 'inbox')
      return only(method, {
        GET: () => ({ status: 200, body: this.readInbox(new URLSearchParams(query)) }),
        DELETE: () => this.clearInbox(),
      });
    if (parts.length === 2 && area === 'stream') return only(method, { GET: () => this.openStream(request, response) });
    if (parts.length === 2 && area === 'providers')
      return only(method, { GET: () => ({ status: 200, body: this.describeProviders() }) });
    if (parts.length === 3 && area === 'providers')
      return only(method, {
        PATCH: () => this.changeProvider(decode(name), request, (settings) => settings),
        PUT: () => this.changeProvider(decode(name), request, () => NO_FAULTS),
      });
    if (parts.length === 4 && area === 'handsets' && leaf === 'messages')
      return only(method, { POST: () => this.sendFromHandset(decode(name), request) });
    throw notFound();
  }

  private readInbox(query: URLSearchParams): unknown {
    const { after, limit, to } = readInboxQuery(query);
    return this.inbox.page(after, limit, to);
  }

  private async clearInbox(): Promise<Answer> {
    await this.inbox.clear();
    this.feed.changed('cleared');
    return { status: 204 };
  }

  private openStream(request: IncomingMessage, response: ServerResponse): Answer {
    const lastEventId = request.headers['last-event-id'];
    if (!this.stream.open(response, typeof lastEventId === 'string' ? lastEventId : undefined))
      throw new Problem(503, 'unavailable', 'Too many pages are open', undefined, { 'retry-after': '5' });
    return null;
  }

  private async changeProvider(
    name: string,
    request: IncomingMessage,
    base: (current: FaultSettings) => FaultSettings,
  ): Promise<Answer> {
    const provider = this.providers.get(name);
    if (provider === undefined) throw notFound();
    const body = await readJson(request);
    const parsed = parseSettings(body, base(provider.settings), (code) => provider.knowsCode(code));
    if ('errors' in parsed) throw validationFailed(parsed.errors);
    await provider.change(parsed.settings);
    return { status: 200, body: provider.settings };
  }

  private async sendFromHandset(number: string, request: IncomingMessage): Promise<Answer> {
    const from = toE164(number);
    if (from === null) throw validationFailed([{ field: 'number', message: 'must be a phone number' }]);
    const text = readHandsetText(await readJson(request));
    const reply = await this.handsets.send({ from, ...text }, this.carrierFor(from));
    return { status: 202, body: reply };
  }

  /** The provider that last brought this handset a text, so that a conversation stays with one; else any that can. */
  private carrierFor(handset: string): InboundCarrier | null {
    const last = this.inbox.newestTo(handset)?.provider;
    const preferred = last === undefined ? undefined : this.providers.get(last)?.inboundCarrier();
    if (preferred !== undefined && preferred !== null) return preferred;
    for (const provider of this.providers.values()) {
      const carrier = provider.inboundCarrier();
      if (carrier !== null) return carrier;
    }
    return null;
  }

  private describeProviders(): { data: unknown[] } {
    const data = [...this.providers.values()].map(({ config, counters, settings }) => ({
      name: config.name,
      tier: config.tier,
      adapter: config.adapter,
      state: settings,
      requests: counters.requests,
      accepted: counters.accepted,
      reports: counters.reports,
    }));
    return { data };
  }
}

/** What the page must know once: whether texts can be sent, and where the application is, for its example. */
function hello(providers: readonly SimulatedProvider[]): { inbound: boolean; gateway_url: string | null } {
  const url = providers.find(({ config }) => config.callback_url !== undefined)?.config.callback_url;
  return {
    inbound: providers.some((provider) => provider.inboundCarrier() !== null),
    gateway_url: url === undefined ? null : new URL(url).origin,
  };
}

type Handler = () => Answer | Promise<Answer>;

function only(method: string, handlers: Readonly<Record<string, Handler>>): Answer | Promise<Answer> {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler !== undefined) return handler();
  const allow = Object.keys(handlers).join(', ');
  throw new Problem(405, 'method_not_allowed', `Allowed here: ${allow}`, undefined, { allow });
}

function servePage(response: ServerResponse, file: PageFile): null {
  response.writeHead(200, { ...PAGE_HEADERS, 'content-type': file.contentType, 'content-length': file.body.length });
  response.end(file.body);
  return null;
}

function send(response: ServerResponse, status: number, contentType: string, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status);
    response.end();
    return;
  }
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': text.length,
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** A name that is not properly escaped is the name of nothing. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}
