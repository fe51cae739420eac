import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ProviderConfig } from '../config';
import type { FaultSettings } from '../faults/settings';
import { FaultSelector } from '../faults/selection';
import type { HttpCall, HttpContract, HttpReply } from './http-contract';

const BODY_LIMIT_BYTES = 1_048_576;
const OVERSIZE_BYTES = 10 * 1_048_576;
/** A caller that never gives up is let go after this time. */
const HANG_LIMIT_MS = 600_000;
const STOP_LIMIT_MS = 1_000;

export interface ProviderCounters {
  requests: number;
  accepted: number;
  reports: number;
}

/**
 * One simulated provider on its own port: the listener and the faults that do not depend on the contract. `refuse` really
 * closes the listener and cuts what is open, so that callers see refused connections and not an imitation of them.
 */
export class HttpProvider {
  readonly counters: ProviderCounters = { requests: 0, accepted: 0, reports: 0 };
  private readonly selector = new FaultSelector();
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly hanging = new Set<Socket>();
  /** Requests that latency holds back; called with false they are dropped. */
  private readonly waiting = new Set<(goOn: boolean) => void>();
  private boundPort: number;
  /** Changes of the listener, one after the other. */
  private switching: Promise<void> = Promise.resolve();

  constructor(
    readonly config: ProviderConfig,
    readonly contract: HttpContract,
    private readonly host: string,
    private readonly onChange: () => void,
  ) {
    this.boundPort = config.port;
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => this.fail(response, error));
    });
    this.server.keepAliveTimeout = 75_000;
    this.server.on('connection', (socket: Socket) => this.connected(socket));
  }

  /** The port it listens on, or will listen on again after an outage. */
  get port(): number {
    return this.boundPort;
  }

  get settings(): FaultSettings {
    return this.selector.settings;
  }

  /** @throws Error of the system, e.g. EADDRINUSE. */
  start(): Promise<void> {
    return this.listen();
  }

  /** Lets running answers end for a moment; those that would never end are cut at once. */
  async stop(): Promise<void> {
    await this.switching.catch(() => undefined);
    this.dropWaiting();
    for (const socket of this.hanging) socket.destroy();
    if (!this.server.listening) return;
    const cut = setTimeout(() => this.destroyAll(), STOP_LIMIT_MS);
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
    clearTimeout(cut);
  }

  /**
   * Puts new switches into effect; resolves when the listener has followed.
   * @throws Error of the system when the port cannot be had again after an outage.
   */
  change(settings: FaultSettings): Promise<void> {
    this.switching = this.switching
      .catch(() => undefined)
      .then(async () => {
        if (settings.outage === 'refuse') await this.close();
        else if (!this.server.listening) await this.listen();
        if (settings.outage === 'reset' && settings.share === 1) this.resetAll();
        this.selector.change(settings);
        this.onChange();
      });
    return this.switching;
  }

  private listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.boundPort, this.host, () => {
        this.server.removeListener('error', reject);
        const address: AddressInfo | string | null = this.server.address();
        if (address !== null && typeof address === 'object') this.boundPort = address.port;
        resolve();
      });
    });
  }

  private close(): Promise<void> {
    this.dropWaiting();
    if (!this.server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.destroyAll();
    });
  }

  private destroyAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private connected(socket: Socket): void {
    const { outage, share } = this.settings;
    if (outage === 'reset' && share === 1) {
      socket.resetAndDestroy();
      return;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  private resetAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
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
    if (settings.latency_ms > 0 && !(await this.wait(settings.latency_ms))) return;
    if (call === null) {
      send(response, text(413, 'Request body too large'));
      return;
    }
    if (settings.hang === 'before_accept') {
      this.hang(request.socket);
      return;
    }
    const canned = this.cannedAnswer(call, settings);
    if (canned !== null) {
      send(response, canned);
      return;
    }
    const nextError = () => this.selector.nextError(settings);
    const { accepted, reply } = await this.contract.handle(call, { settings, nextError });
    this.counters.accepted += accepted;
    this.onChange();
    if (reply === 'never' || settings.hang === 'after_accept') this.hang(request.socket);
    else send(response, withRetryAfter(reply, settings.retry_after_s));
  }

  /** Answers that take no message. */
  private cannedAnswer(call: HttpCall, settings: FaultSettings): HttpReply | null {
    if (settings.outage === '503') return withRetryAfter(text(503, 'Service Unavailable'), settings.retry_after_s);
    if (settings.answer === 'error_in_200') return this.contract.errorIn200(call);
    if (settings.answer === 'html') return HTML_ANSWER;
    if (settings.answer === 'oversize') return oversizeAnswer();
    const limited = settings.retry_after_s !== null && settings.errors.length === 0;
    return limited ? withRetryAfter(this.contract.tooManyRequests(), settings.retry_after_s) : null;
  }

  private hang(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), HANG_LIMIT_MS);
    this.hanging.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      this.hanging.delete(socket);
    });
  }

  /** False when the provider went away meanwhile: then the request was never handled. */
  private wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (goOn: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve(goOn);
      };
      const timer = setTimeout(end, ms, true);
      this.waiting.add(end);
    });
  }

  private dropWaiting(): void {
    for (const end of this.waiting) end(false);
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
function oversizeAnswer(): HttpReply {
  const body = Buffer.alloc(OVERSIZE_BYTES, 'x');
  body.write('{"SMSMessageData":{"Message":"');
  return { status: 200, contentType: 'application/json', body };
}
