import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ProviderConfig } from '../config';
import type { FaultSettings } from '../faults/settings';
import { FaultSelector } from '../faults/selection';
import { HttpCourier } from '../engine/courier';
import type { InboundCarrier } from '../engine/handsets';
import type { HttpCall, HttpContract, HttpReply } from './http-contract';
import { Listener } from './listener';
import type { ProviderCounters, SimulatedProvider } from './simulated-provider';

const BODY_LIMIT_BYTES = 1_048_576;
const OVERSIZE_BYTES = 10 * 1_048_576;

/** A simulated provider over HTTP: the faults that do not depend on its contract. */
export class HttpProvider implements SimulatedProvider {
  readonly counters: ProviderCounters = { requests: 0, accepted: 0, reports: 0 };
  readonly courier: HttpCourier;
  private readonly selector = new FaultSelector();
  private readonly server: Server;
  private readonly listener: Listener;

  constructor(
    readonly config: ProviderConfig,
    private readonly contract: HttpContract,
    host: string,
    private readonly onChange: () => void,
  ) {
    const { callback_url: reports, inbound_url: inbound, opt_out_url: opt_outs } = config;
    this.courier = new HttpCourier({ reports, inbound, opt_outs });
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => this.fail(response, error));
    });
    this.server.keepAliveTimeout = 75_000;
    this.listener = new Listener(this.server, host, config.port, () => this.settings);
  }

  get port(): number {
    return this.listener.port;
  }

  get settings(): FaultSettings {
    return this.selector.settings;
  }

  start(): Promise<void> {
    return this.listener.listen();
  }

  stop(): Promise<void> {
    return this.listener.stop(() => this.server.closeIdleConnections());
  }

  change(settings: FaultSettings): Promise<void> {
    return this.listener.change(settings, () => {
      this.selector.change(settings);
      this.onChange();
    });
  }

  knowsCode(code: string | number): boolean {
    return this.contract.knowsCode(code);
  }

  inboundCarrier(): InboundCarrier | null {
    return this.contract.inboundCarrier();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.counters.requests += 1;
    this.onChange();
    const settings = this.selector.next();
    if (settings.outage === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const call = await readCall(request);
    if (settings.latency_ms > 0 && !(await this.listener.wait(settings.latency_ms))) return;
    if (call === null) {
      send(response, text(413, 'Request body too large'));
      return;
    }
    if (settings.hang === 'before_accept') {
      this.listener.hang(request.socket);
      return;
    }
    const canned = this.cannedAnswer(call, settings);
    if (canned !== null) {
      send(response, canned);
      return;
    }
    const nextError = (from: string) => this.selector.nextError(settings, from);
    const { accepted, reply } = await this.contract.handle(call, { settings, nextError });
    this.counters.accepted += accepted;
    this.onChange();
    if (reply === 'never' || settings.hang === 'after_accept') this.listener.hang(request.socket);
    else send(response, withRetryAfter(reply, settings.retry_after_s));
  }

  /** Answers that take no message. */
  private cannedAnswer(call: HttpCall, settings: FaultSettings): HttpReply | null {
    if (settings.outage === '503') return withRetryAfter(text(503, 'Service Unavailable'), settings.retry_after_s);
    if (settings.answer === 'error_in_200') return this.contract.errorIn200(call);
    if (settings.answer === 'html') return HTML_ANSWER;
    if (settings.answer === 'oversize') return oversizeAnswer(this.contract.answerBegins);
    const limited = settings.retry_after_s !== null && settings.errors.length === 0;
    return limited ? withRetryAfter(this.contract.tooManyRequests(), settings.retry_after_s) : null;
  }

  private fail(response: ServerResponse, error: unknown): void {
    // A caller that hangs up while its body is read is ordinary; anything else is a mistake of the sandbox itself.
    if (response.socket === null || response.socket.destroyed || response.headersSent) return;
    process.stderr.write(`sandbox: ${this.config.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    send(response, text(500, 'The simulator itself failed; its standard error says why'));
  }
}

/** Null when the body is larger than a provider would read. */
async function readCall(request: IncomingMessage): Promise<HttpCall | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (size > BODY_LIMIT_BYTES) return null;
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(response: ServerResponse, { status, headers, contentType, body }: HttpReply): void {
  response.writeHead(status, { ...headers, 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  // A string goes out in one write together with the head.
  response.end(body);
}

function text(status: number, body: string): HttpReply {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function withRetryAfter(reply: HttpReply, seconds: number | null): HttpReply {
  if (seconds === null || (reply.status !== 429 && reply.status !== 503)) return reply;
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(seconds) } };
}

/** A proxy's page in front of the provider, in a character set that is not UTF-8. */
const HTML_ANSWER: HttpReply = {
  status: 200,
  contentType: 'text/html; charset=iso-8859-1',
  body: Buffer.from('<!doctype html><title>Maintenance</title><h1>Système en maintenance — à bientôt</h1>', 'latin1'),
};

/** Looks like JSON from its first byte on and never gets to its end within any sensible limit. */
function oversizeAnswer(begins: string): HttpReply {
  const body = Buffer.alloc(OVERSIZE_BYTES, 'x');
  body.write(begins);
  return { status: 200, contentType: 'application/json', body };
}
