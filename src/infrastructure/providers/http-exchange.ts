import { buildConnector, Pool, type Dispatcher } from 'undici';

/** What became of one request, told so that nobody has to know the client's errors. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      readonly retryAfterSeconds: number | null;
      /** Null where it was longer than the cap. */
      readonly body: string | null;
      /** What was read of it, as it came: up to the cap where it was longer, up to the break where it was cut off. */
      readonly bytes: Buffer;
    }
  /** Nothing of the request was written: the provider certainly does not have it. */
  | { readonly kind: 'not_sent'; readonly code: string }
  /** The request was written and no whole answer came: the provider may have it. */
  | { readonly kind: 'no_answer'; readonly code: string };

export interface ExchangeSettings {
  readonly origin: string;
  /** From the call to giving up, everything included. Milliseconds. */
  readonly deadlineMs: number;
  /** Connections kept open, one request on each at a time. */
  readonly connections: number;
  /** Bytes of an answer that are read. */
  readonly bodyLimitBytes: number;
}

const CONNECT_WITHIN_MS = 5_000;
/**
 * A fresh connection rests this long before it carries a request. A listener that takes connections only to reset them
 * does so at once; noticing it before anything is written makes the difference between "certainly not sent" and "unknown".
 */
const FRESH_CONNECTION_REST_MS = 10;
const KEEP_ALIVE_MS = 20_000;

const NOT_SENT_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ENOTFOUND: 'name_not_resolved',
  EAI_AGAIN: 'name_not_resolved',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
};

class DeadlinePassed extends Error {}
class AnswerTooLong extends Error {}

/** Requests to one provider's account: kept connections, a deadline on the whole exchange, no redirects, a capped answer. */
export class HttpExchange {
  private readonly pool: Pool;

  constructor(private readonly settings: ExchangeSettings) {
    const connectWithinMs = Math.min(CONNECT_WITHIN_MS, settings.deadlineMs);
    this.pool = new Pool(settings.origin, {
      connections: settings.connections,
      pipelining: 1,
      connect: resting(buildConnector({ timeout: connectWithinMs })),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The one deadline below covers headers and body.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never rejects. */
  post(path: string, headers: Record<string, string>, body: string): Promise<Exchange> {
    return this.exchange({ method: 'POST', path, headers, body });
  }

  /** Never rejects. */
  get(path: string, headers: Record<string, string>): Promise<Exchange> {
    return this.exchange({ method: 'GET', path, headers });
  }

  private exchange(
    request: Pick<Dispatcher.DispatchOptions, 'method' | 'path' | 'headers' | 'body'>,
  ): Promise<Exchange> {
    return new Promise((resolve) => {
      const call = new Call(this.settings.bodyLimitBytes, resolve);
      const timer = setTimeout(() => call.expire(), this.settings.deadlineMs);
      call.whenOver(() => clearTimeout(timer));
      try {
        this.pool.dispatch(request, call);
      } catch (error) {
        call.fail(error);
      }
    });
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

function resting(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      let broken: Error | null = null;
      const note = (problem: Error): void => {
        broken = problem;
      };
      socket.once('error', note);
      setTimeout(() => {
        socket.off('error', note);
        if (broken === null && !socket.destroyed && !socket.readableEnded) callback(null, socket);
        else callback(broken ?? Object.assign(new Error('closed at once'), { code: 'ECONNRESET' }), null);
      }, FRESH_CONNECTION_REST_MS);
    });
  };
}

/** One request's course. The client tells `onRequestStart` right before it writes: that is where "not sent" ends. */
class Call implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private over = false;
  private atEnd: () => void = () => undefined;
  private head: Omit<Extract<Exchange, { kind: 'answer' }>, 'kind' | 'body' | 'bytes'> | null = null;
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly limitBytes: number,
    private readonly resolve: (exchange: Exchange) => void,
  ) {}

  whenOver(listener: () => void): void {
    this.atEnd = listener;
  }

  /** The deadline has passed. */
  expire(): void {
    if (this.controller !== null) this.controller.abort(new DeadlinePassed());
    else this.end({ kind: 'not_sent', code: 'no_connection_in_time' });
  }

  fail(error: unknown): void {
    if (this.controller === null) this.end({ kind: 'not_sent', code: notSentCode(error) });
    else if (error instanceof AnswerTooLong) this.answer('too_long');
    // A status that refuses is an answer even when its page was cut off; one that accepts is not.
    else if (this.head !== null && this.head.status >= 400) this.answer('as_read');
    else
      this.end({
        kind: 'no_answer',
        code: error instanceof DeadlinePassed ? 'no_answer_in_time' : 'connection_lost',
      });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: it is told so before a byte is written.
    if (this.over) controller.abort(new DeadlinePassed());
    else this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const one = (name: string): string => [headers[name] ?? ''].flat()[0] ?? '';
    const retryAfter = one('retry-after');
    this.head = {
      status,
      contentType: one('content-type'),
      retryAfterSeconds: /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null,
    };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk.subarray(0, Math.max(0, this.limitBytes - this.size)));
    this.size += chunk.length;
    if (this.size > this.limitBytes) controller.abort(new AnswerTooLong());
  }

  onResponseEnd(): void {
    this.answer('as_read');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  private answer(length: 'as_read' | 'too_long'): void {
    if (this.head === null) {
      this.end({ kind: 'no_answer', code: 'connection_lost' });
      return;
    }
    const bytes = Buffer.concat(this.chunks);
    this.end({ kind: 'answer', ...this.head, body: length === 'too_long' ? null : bytes.toString('utf8'), bytes });
  }

  private end(exchange: Exchange): void {
    if (this.over) return;
    this.over = true;
    this.atEnd();
    this.resolve(exchange);
  }
}

function notSentCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = NOT_SENT_CODES[code];
  if (known !== undefined) return known;
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) ? 'tls_error' : 'not_sent';
}
