import { constants, type ServerHttp2Stream } from 'node:http2';
import { FrameParser } from './grpc-frames';
import { GrpcCode, GrpcError, handlerThrew } from './grpc-status';
import { MalformedMessage } from './protobuf-reader';

const percentEncode = (text: string, plain: RegExp): string =>
  plain.test(text)
    ? text
    : Array.from(Buffer.from(text, 'utf8'), (byte) => {
        const character = String.fromCharCode(byte);
        return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      }).join('');

/** gRPC's encoding of a status text. */
const encodeMessage = (text: string): string => percentEncode(text, /^[\x20-\x24\x26-\x7e]*$/);
/** A header can carry ASCII only; stream names need not be ASCII. */
const encodeTrailer = (text: string): string => percentEncode(text, /^[\x20-\x7e]*$/);

/**
 * One gRPC call on one HTTP/2 stream. The owner sets `onMessage`, `onHalfClose` and `onClosed`; each is called with the
 * call's errors caught, so that one bad request ends one call only.
 */
export class GrpcCall {
  onMessage: (message: Buffer) => void = () => undefined;
  /** The client will send no more. */
  onHalfClose: () => void = () => undefined;
  /** The call is over, whoever ended it; called once. */
  onClosed: () => void = () => undefined;
  /** The client has taken what was written; called after `send` returned false. */
  onDrain: () => void = () => undefined;

  private readonly frames = new FrameParser();
  private headersSent = false;
  private ended = false;
  private clientDone = false;
  private status: GrpcError | undefined;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: ServerHttp2Stream,
    deadlineMs: number | undefined,
    /** What the client calls its connection. */
    readonly connectionName: string,
  ) {
    stream.on('data', (chunk: Buffer) => this.receive(chunk));
    stream.on('end', () => {
      this.clientDone = true;
      if (!this.ended) this.guard(() => this.onHalfClose());
    });
    stream.on('drain', () => this.guard(() => this.onDrain()));
    stream.on('error', () => stream.close());
    stream.on('close', () => this.close());
    if (deadlineMs !== undefined) {
      this.deadline = setTimeout(
        () => this.fail(new GrpcError(GrpcCode.DeadlineExceeded, 'Deadline exceeded.')),
        Math.min(deadlineMs, 0x7fffffff),
      );
    }
  }

  get isOpen(): boolean {
    return !this.ended && !this.stream.destroyed;
  }

  /** Writes messages already framed (see `frameMessage`). False: wait for `onDrain` before sending more. */
  send(framed: Buffer): boolean {
    if (!this.isOpen) return true;
    this.sendHeaders();
    return this.stream.write(framed);
  }

  /** Ends the call with OK. */
  finish(): void {
    if (!this.isOpen) return;
    this.ended = true;
    this.sendHeaders();
    this.stream.end();
    this.letGo();
  }

  /** Ends the call with an error; after messages as trailers, before any as a trailers-only answer. */
  fail(error: GrpcError): void {
    if (!this.isOpen) return;
    this.ended = true;
    if (this.headersSent) {
      this.status = error;
      this.stream.end();
    } else {
      this.headersSent = true;
      this.stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...this.trailersOf(error) },
        { endStream: true },
      );
      this.resetIfOpen();
    }
    this.letGo();
  }

  /** Runs `work`; what it throws ends this call. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(asGrpcError(error));
    }
  }

  private receive(chunk: Buffer): void {
    if (this.ended) return;
    this.guard(() => {
      for (const message of this.frames.push(chunk)) {
        if (this.ended) return;
        this.onMessage(message);
      }
    });
  }

  private sendHeaders(): void {
    if (this.headersSent) return;
    this.headersSent = true;
    this.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    this.stream.once('wantTrailers', () => {
      this.stream.sendTrailers(this.trailersOf(this.status));
      this.resetIfOpen();
    });
  }

  private trailersOf(error: GrpcError | undefined): Record<string, string> {
    if (!error) return { 'grpc-status': '0' };
    const trailers: Record<string, string> = { 'grpc-status': String(error.code) };
    if (error.message) trailers['grpc-message'] = encodeMessage(error.message);
    for (const [name, value] of Object.entries(error.trailers)) trailers[name] = encodeTrailer(value);
    return trailers;
  }

  private letGo(): void {
    clearTimeout(this.deadline);
    // What the client still sends is read and dropped, so that its end is seen.
    this.stream.resume();
  }

  /** A client that keeps its side open would keep the stream for ever: it is reset once our status is on its way. */
  private resetIfOpen(): void {
    setImmediate(() => {
      if (!this.clientDone && !this.stream.closed) this.stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  private close(): void {
    this.ended = true;
    clearTimeout(this.deadline);
    const closed = this.onClosed;
    this.onClosed = () => undefined;
    closed();
  }
}

/** The status for anything thrown while a call was served. */
export function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof MalformedMessage) return new GrpcError(GrpcCode.Internal, error.message);
  return handlerThrew();
}
