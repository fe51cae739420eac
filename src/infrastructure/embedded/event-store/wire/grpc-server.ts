import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { GrpcCall, asGrpcError } from './grpc-call';
import { frameMessage } from './grpc-frames';
import { GrpcCode, GrpcError } from './grpc-status';

/** A method with one request and one answer. */
export type UnaryMethod = (request: Buffer) => Buffer | Promise<Buffer>;
/** A method that drives its call itself: it sets the call's callbacks and returns. */
export type StreamingMethod = (call: GrpcCall) => void;

/** Methods by their full path, `/package.Service/Method`. */
export interface GrpcMethods {
  readonly unary: ReadonlyMap<string, UnaryMethod>;
  readonly streaming: ReadonlyMap<string, StreamingMethod>;
}

/** What EventStoreDB calls a connection whose client gave it no name. */
const UNNAMED = '<unknown>';
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Bytes a connection's streams may hold, in MB: node's own limit of 10 refuses streams where many reads wait at once. */
const SESSION_MEGABYTES = 128;
/** As the real one's: a ping so often, which must be answered before the next. */
const KEEP_ALIVE_MS = 10_000;
const TIMEOUT_UNIT_MS: Readonly<Record<string, number>> = { H: 3600e3, M: 60e3, S: 1e3, m: 1, u: 1e-3, n: 1e-6 };

/**
 * A gRPC server on node's own HTTP/2. It is written by hand, instead of with grpc-js, so that a method can put many
 * messages in one write and read raw bytes: both weigh more than everything else the store does.
 */
export class GrpcServer {
  private readonly server: Http2Server;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly calls = new Set<GrpcCall>();

  constructor(private readonly methods: GrpcMethods) {
    this.server = createServer({
      maxSessionMemory: SESSION_MEGABYTES,
      settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: 10_000 },
    });
    this.server.on('connection', (socket: Socket) => socket.setNoDelay(true));
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.setLocalWindowSize(WINDOW_BYTES);
      session.on('error', () => session.destroy());
      session.on('close', () => this.sessions.delete(session));
      keepAlive(session);
    });
    this.server.on('stream', (stream, headers) => this.accept(stream, headers));
  }

  /** Starts to listen and returns the port. Rejects with the system's error if it cannot. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends every call as unavailable, so that clients look for a server again, and closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const call of [...this.calls]) call.fail(new GrpcError(GrpcCode.Unavailable, 'The server is shutting down.'));
    const sessions = [...this.sessions];
    for (const session of sessions) session.close();
    const force = setTimeout(() => sessions.forEach((session) => session.destroy()), 500);
    await closed;
    clearTimeout(force);
  }

  private accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (!String(headers['content-type'] ?? '').startsWith('application/grpc')) {
      stream.on('error', () => stream.close());
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const connectionName = String(headers['connection-name'] ?? UNNAMED);
    const call = new GrpcCall(stream, readTimeout(headers['grpc-timeout']), connectionName);
    this.calls.add(call);
    stream.once('close', () => this.calls.delete(call));
    const path = String(headers[':path']);
    const streaming = this.methods.streaming.get(path);
    if (streaming) return call.guard(() => streaming(call));
    const unary = this.methods.unary.get(path);
    if (unary) return serveUnary(call, unary);
    call.fail(new GrpcError(GrpcCode.Unimplemented, 'Method is unimplemented.'));
  }
}

/**
 * A client whose machine or line died says no goodbye: without this its consumers would keep what was handed to them until
 * the group's time-out, and be handed more.
 */
function keepAlive(session: ServerHttp2Session): void {
  let isWaiting = false;
  const timer = setInterval(() => {
    // After what has arrived meanwhile was read: a process that stood still must not blame its clients.
    setImmediate(() => {
      if (session.destroyed) return;
      if (isWaiting) return session.destroy();
      isWaiting = session.ping(() => (isWaiting = false));
    });
  }, KEEP_ALIVE_MS).unref();
  session.on('close', () => clearInterval(timer));
}

function serveUnary(call: GrpcCall, method: UnaryMethod): void {
  let answered = false;
  call.onMessage = (request) => {
    if (answered) return;
    answered = true;
    // The promise also catches what a method throws at once.
    void new Promise<Buffer>((resolve) => resolve(method(request))).then(
      (response) => {
        call.send(frameMessage(response));
        call.finish();
      },
      (error: unknown) => call.fail(asGrpcError(error)),
    );
  };
  call.onHalfClose = () => {
    if (!answered) call.fail(new GrpcError(GrpcCode.Internal, 'The request is missing.'));
  };
}

/** A gRPC time-out such as `100m`, in ms. */
function readTimeout(header: string | string[] | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(header ?? ''));
  return match ? Math.ceil(Number(match[1]) * (TIMEOUT_UNIT_MS[match[2] as string] as number)) : undefined;
}
