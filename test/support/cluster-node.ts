import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb';
import { Code } from '@eventstore/db-client/generated/code_pb';
import { GossipService, type IGossipServer } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb';
import { ReadReq } from '@eventstore/db-client/generated/persistent_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import type { UUID } from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import {
  Client,
  Metadata,
  Server,
  ServerCredentials,
  credentials,
  status,
  type MethodDefinition,
  type ServiceDefinition,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceError,
  type UntypedServiceImplementation,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';

const bytes = (buffer: Buffer): Buffer => buffer;

export type Upstream = ServerDuplexStream<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** How a node that does not lead answers an append: in an answer of its own, or by ending the call that it came on. */
export type AppendRefusal = 'answer' | 'end_call';

function failure(code: number, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

export interface Cluster {
  /** Null: an election is under way. */
  readonly leader: ClusterNode | null;
  readonly appendRefusal: AppendRefusal;
  members(): ClusterInfo;
}

/** One node: what it takes it hands to the one store behind the cluster, as a leader whose log is everybody's. */
export class ClusterNode {
  readonly server = new Server();
  port = 0;
  /** Calls of each method that were begun here, by its name. */
  readonly begun: string[] = [];
  /** Appends that were refused here though the store has them. */
  refusedThoughWritten = 0;
  /** Called with each answer of a subscription; gives what to send: nothing, the answer, or it several times. */
  shape: (answer: Buffer) => readonly Buffer[] = (answer) => [answer];
  /** Called when an append has gone to the store, before its answer has come. */
  onAppend: () => void = () => undefined;
  /** Who gets the answers that come for one call. */
  recipients: (call: Upstream) => readonly Upstream[] = (call) => [call];
  private readonly groups = new Map<Upstream, string>();
  private readonly open = new Set<Upstream>();
  private readonly upstream: Client;

  constructor(
    private readonly cluster: Cluster,
    storePort: number,
  ) {
    this.upstream = new Client(`127.0.0.1:${storePort}`, credentials.createInsecure(), {
      // Channels of equal options share a socket: each node has its own.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.server.addService(GossipService, this.gossip());
    for (const service of [StreamsService, PersistentSubscriptionsService, ServerFeaturesService]) this.serve(service);
  }

  async listen(): Promise<void> {
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  get leads(): boolean {
    return this.cluster.leader === this;
  }

  /** The consumers of the same group as this one that are joined here. */
  consumersBeside(call: Upstream): Upstream[] {
    const group = this.groups.get(call);
    return [...this.open].filter((other) => group !== undefined && this.groups.get(other) === group);
  }

  /** Ends every subscription and read that is open here; appends are answered one by one. */
  resign(): void {
    for (const call of this.open) call.emit('error', this.notLeader());
    this.open.clear();
  }

  /** Ends every call that is open here so. */
  drop(code: number, details: string, exception: string | null): void {
    for (const call of this.open) call.emit('error', failure(code, details, exception === null ? {} : { exception }));
    this.open.clear();
  }

  stop(): void {
    this.server.forceShutdown();
    this.upstream.close();
  }

  private notLeader(): ServiceError {
    const { leader } = this.cluster;
    if (leader === null) return failure(status.UNAVAILABLE, 'Server Is Not Ready');
    const address = { 'leader-endpoint-host': '127.0.0.1', 'leader-endpoint-port': String(leader.port) };
    return failure(status.NOT_FOUND, 'Leader info available', { exception: 'not-leader', ...address });
  }

  private gossip(): IGossipServer & UntypedServiceImplementation {
    return { read: (_call, answer) => answer(null, this.cluster.members()) };
  }

  private serve(service: ServiceDefinition): void {
    const raw: Record<string, MethodDefinition<Buffer, Buffer>> = {};
    const handlers: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(service)) {
      const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes };
      raw[name] = { ...method, ...codec, responseDeserialize: bytes };
      handlers[name] = this.handler(method.path, method);
    }
    this.server.addService(raw, handlers);
  }

  private handler(
    path: string,
    { requestStream, responseStream }: { readonly requestStream: boolean; readonly responseStream: boolean },
  ): UntypedServiceImplementation[string] {
    if (path.endsWith('/BatchAppend')) return (call: ServerDuplexStream<Buffer, Buffer>) => this.appends(path, call);
    if (requestStream && responseStream) {
      return (call: ServerDuplexStream<Buffer, Buffer>) => {
        if (!this.begin(path, call)) return;
        const there = this.upstream.makeBidiStreamRequest(path, bytes, bytes);
        call.on('data', (request: Buffer) => {
          if (!this.groups.has(call))
            this.groups.set(call, ReadReq.deserializeBinary(request).getOptions()?.getGroupName() ?? '');
          there.write(request);
        });
        call.on('end', () => there.end());
        this.carryBack(there, call);
      };
    }
    if (responseStream) {
      return (call: ServerWritableStream<Buffer, Buffer>) => {
        if (this.begin(path, call))
          this.carryBack(this.upstream.makeServerStreamRequest(path, bytes, bytes, call.request), call);
      };
    }
    return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      this.begun.push(path);
      if (!this.leads && !path.includes('ServerFeatures')) return answer(this.notLeader());
      this.upstream.makeUnaryRequest(path, bytes, bytes, call.request, (error, value) => answer(error, value));
    };
  }

  /** False where the call was refused. */
  private begin(path: string, call: Upstream): boolean {
    this.begun.push(path);
    // As observed: at a follower a group is said not to exist.
    const isGroup = path.includes('PersistentSubscriptions');
    const missing = (): ServiceError =>
      failure(status.NOT_FOUND, 'Subscription group does not exist.', {
        exception: 'persistent-subscription-does-not-exist',
      });
    if (!this.leads) call.emit('error', isGroup && this.cluster.leader !== null ? missing() : this.notLeader());
    else this.open.add(call);
    return this.leads;
  }

  private carryBack(there: NodeJS.EventEmitter & { cancel(): void }, call: Upstream): void {
    call.on('cancelled', () => {
      this.open.delete(call);
      there.cancel();
    });
    there.on('data', (answer: Buffer) => {
      if (!this.open.has(call)) return there.cancel();
      for (const one of this.shape(answer)) for (const to of this.recipients(call)) to.write(one);
    });
    there.on('end', () => void (this.open.delete(call) && call.end()));
    there.on('error', (error: ServiceError) => void (this.open.delete(call) && call.emit('error', error)));
  }

  /** What the store has written while this node lost its place is refused all the same: nobody told the client. */
  private appends(path: string, call: ServerDuplexStream<Buffer, Buffer>): void {
    this.begun.push(path);
    const there = this.upstream.makeBidiStreamRequest(path, bytes, bytes);
    const refuse = (correlationId: UUID | undefined): void => {
      if (this.cluster.appendRefusal === 'end_call') {
        call.emit('error', this.notLeader());
        return there.cancel();
      }
      const refusal = new Status().setCode(Code.UNKNOWN).setMessage('Server Is Not Ready');
      call.write(
        Buffer.from(new BatchAppendResp().setCorrelationId(correlationId).setError(refusal).serializeBinary()),
      );
    };
    call.on('data', (request: Buffer) => {
      if (this.leads) {
        there.write(request);
        this.onAppend();
      } else refuse(BatchAppendReq.deserializeBinary(request).getCorrelationId());
    });
    call.on('cancelled', () => there.cancel());
    call.on('end', () => there.end());
    there.on('data', (answer: Buffer) => {
      if (this.leads) return call.write(answer);
      this.refusedThoughWritten += 1;
      refuse(BatchAppendResp.deserializeBinary(answer).getCorrelationId());
    });
    there.on('error', (error: ServiceError) => void call.emit('error', error));
  }
}
