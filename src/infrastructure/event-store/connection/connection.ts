import { EventStoreDBClient } from '@eventstore/db-client';
import { parseConnectionString, type ConnectionOptions } from '@eventstore/db-client/dist/Client/parseConnectionString';
import {
  Client as GrpcClient,
  credentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { existsSync, readFileSync } from 'node:fs';

/** A path of the client's generated definitions, `/event_store.client.streams.Streams/BatchAppend`. */
export type Method = Pick<MethodDefinition<never, never>, 'path'>;

const DEFAULT_KEEP_ALIVE_MS = 10_000;

const identity = (bytes: Buffer): Buffer => bytes;

/** The bytes of a file named in a connection string. */
function fileNamed(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  if (!existsSync(path)) throw new Error('a certificate or key file named in the event store’s URL does not exist');
  return readFileSync(path);
}

/**
 * The official client of one connection: it reads the connection string, finds the node (by gossip, the leader unless told
 * otherwise), and makes the channel with TLS and credentials. All calls go over that channel as raw bytes, by the paths of
 * the client's generated definitions: its own calls share one table of appends for the whole process, give a call no
 * deadline, and turn an answer they did not expect into an uncaught exception.
 *
 * `generation` must differ between connections of a process that may live at the same time: gRPC shares one socket between
 * channels whose options are equal, so that a new channel would sit on the very connection that is stuck. A keep-alive
 * time-out that is a millisecond longer makes the options unequal.
 */
export class Connection extends EventStoreDBClient {
  private grpc: GrpcClient | null;
  private closed: boolean;
  private readonly calls: Set<{ cancel(): void }>;
  /** When anything was last heard from the server on this connection; monotonic milliseconds. */
  heardAtMs: number;

  static open(url: string, generation: number): Connection {
    // The newer product's scheme names the same protocol.
    const options = parseConnectionString(url.replace(/^kurrentdb(\+discover)?:/, 'esdb$1:'));
    return new Connection(options, generation);
  }

  private constructor(options: ConnectionOptions, generation: number) {
    const [first] = options.hosts;
    if (first === undefined) throw new Error('the event store’s URL names no host');
    const common = {
      keepAliveInterval: options.keepAliveInterval ?? DEFAULT_KEEP_ALIVE_MS,
      keepAliveTimeout: (options.keepAliveTimeout ?? DEFAULT_KEEP_ALIVE_MS) + generation,
      defaultDeadline: options.defaultDeadline,
      connectionName: options.connectionName,
    };
    const discovery = {
      nodePreference: options.nodePreference,
      discoveryInterval: options.discoveryInterval,
      gossipTimeout: options.gossipTimeout,
      maxDiscoverAttempts: options.maxDiscoverAttempts,
    };
    const security = {
      insecure: options.tls === false,
      rootCertificate: fileNamed(options.tlsCAFile),
      userKeyFile: fileNamed(options.userKeyFile),
      userCertFile: fileNamed(options.userCertFile),
    };
    if (options.dnsDiscover) super({ ...common, ...discovery, discover: first }, security, options.defaultCredentials);
    else if (options.hosts.length > 1) {
      super({ ...common, ...discovery, endpoints: options.hosts }, security, options.defaultCredentials);
    } else super({ ...common, endpoint: first }, security, options.defaultCredentials);
    this.grpc = null;
    this.closed = false;
    this.calls = new Set();
    this.heardAtMs = performance.now();
  }

  /** A call in both directions without an end of its own. @throws Error where no node is found. */
  async duplex(method: Method): Promise<ClientDuplexStream<Buffer, Buffer>> {
    const grpc = await this.client();
    const [metadata, options] = this.callArguments({}, { deadline: Infinity });
    return this.track(grpc.makeBidiStreamRequest<Buffer, Buffer>(method.path, identity, identity, metadata, options));
  }

  /** One request, many answers. `deadlineMs`: of the whole call; Infinity for a subscription. */
  async serverStream(method: Method, request: Buffer, deadlineMs: number): Promise<ClientReadableStream<Buffer>> {
    const grpc = await this.client();
    const deadline = Number.isFinite(deadlineMs) ? Date.now() + deadlineMs : Infinity;
    const [metadata, options] = this.callArguments({}, { deadline });
    return this.track(
      grpc.makeServerStreamRequest<Buffer, Buffer>(method.path, identity, identity, request, metadata, options),
    );
  }

  /** One request, one answer. @throws the gRPC error. */
  async unary(method: Method, request: Buffer, deadlineMs: number): Promise<Buffer> {
    const grpc = await this.client();
    const [metadata, options] = this.callArguments({}, { deadline: Date.now() + deadlineMs });
    return new Promise((resolve, reject) => {
      grpc.makeUnaryRequest<Buffer, Buffer>(
        method.path,
        identity,
        identity,
        request,
        metadata,
        options,
        (error, answer) => {
          if (error !== null) return reject(error);
          this.heardAtMs = performance.now();
          resolve(answer ?? Buffer.alloc(0));
        },
      );
    });
  }

  /** Ends every call on it and lets the socket go. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const call of this.calls) call.cancel();
    this.calls.clear();
    this.grpc?.close();
  }

  private async client(): Promise<GrpcClient> {
    const channelOverride = await this.getChannel();
    // Its address and credentials are the channel's: what is given here is not looked at.
    this.grpc ??= new GrpcClient('channel', credentials.createInsecure(), { channelOverride });
    if (this.closed) {
      this.grpc.close();
      throw new Error('the connection was closed');
    }
    return this.grpc;
  }

  private track<Call extends ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>>(call: Call): Call {
    this.calls.add(call);
    const forget = (): void => {
      this.calls.delete(call);
    };
    call.once('close', forget);
    call.once('end', forget);
    call.on('error', forget);
    // Asked for now, before anything can come: the client of gRPC never again holds back a stream whose first message came
    // before the first read, and keeps all that its reader is too slow for in memory.
    call.read(0);
    return call;
  }
}
