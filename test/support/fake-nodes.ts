import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { GossipService, type IGossipServer } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { UUID } from '@eventstore/db-client/generated/shared_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { BatchAppendResp, type BatchAppendReq } from '@eventstore/db-client/generated/streams_pb';
import { Server, ServerCredentials, type ServerDuplexStream, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { VNodeState } = MemberInfo;

/** A certificate and key for 127.0.0.1, made for tests and trusted nowhere. */
const TLS_FOLDER = join(__dirname, 'tls');
export const TEST_CERTIFICATE_FILE = join(TLS_FOLDER, 'node.crt.pem');

async function listen(server: Server, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

/** A node that only tells who leads: what a client asks before it connects. */
export class FakeGossip {
  asked = 0;
  private readonly server = new Server();
  private leaderPort: number;

  private constructor(
    private readonly followerPort: number,
    leaderPort: number,
  ) {
    this.leaderPort = leaderPort;
  }

  static async start(leaderPort: number, followerPort: number): Promise<FakeGossip & { readonly port: number }> {
    const gossip = new FakeGossip(followerPort, leaderPort);
    const service: IGossipServer & UntypedServiceImplementation = {
      read: (_call, answer) => {
        gossip.asked += 1;
        answer(null, gossip.members());
      },
    };
    gossip.server.addService(GossipService, service);
    const port = await listen(gossip.server, ServerCredentials.createInsecure());
    return Object.assign(gossip, { port });
  }

  elect(leaderPort: number): void {
    this.leaderPort = leaderPort;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private members(): ClusterInfo {
    const member = (port: number, state: MemberInfo.VNodeState): MemberInfo =>
      new MemberInfo()
        .setInstanceId(new UUID().setString('6ba7b810-9dad-41d1-80b4-00c04fd430c8'))
        .setTimeStamp('1')
        .setState(state)
        .setIsAlive(true)
        .setHttpEndPoint(new EndPoint().setAddress('127.0.0.1').setPort(port));
    return new ClusterInfo().setMembersList([
      member(this.followerPort, VNodeState.FOLLOWER),
      member(this.leaderPort, VNodeState.LEADER),
    ]);
  }
}

/** A node that takes appends and keeps what each call said of itself; what it answers is up to `answer`. */
export class FakeNode {
  readonly authorizations: (string | undefined)[] = [];
  appends = 0;
  private readonly server = new Server();

  private constructor(private readonly answer: () => BatchAppendResp) {}

  /** Behind TLS; every append succeeds. */
  static secure(): Promise<FakeNode & { readonly port: number }> {
    const certificate = readFileSync(TEST_CERTIFICATE_FILE);
    const key = readFileSync(join(TLS_FOLDER, 'node.key.pem'));
    return FakeNode.start(ServerCredentials.createSsl(null, [{ cert_chain: certificate, private_key: key }]), () =>
      new BatchAppendResp().setSuccess(new BatchAppendResp.Success().setCurrentRevision('0')),
    );
  }

  /** Alive, and no leader any more: as a node answers while another is being elected. */
  static notReady(): Promise<FakeNode & { readonly port: number }> {
    return FakeNode.start(ServerCredentials.createInsecure(), () =>
      new BatchAppendResp().setError(new Status().setCode(2).setMessage('Server Is Not Ready')),
    );
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private static async start(
    credentials: ServerCredentials,
    answer: () => BatchAppendResp,
  ): Promise<FakeNode & { readonly port: number }> {
    const node = new FakeNode(answer);
    node.server.addService(StreamsService, {
      batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => node.serve(call),
    });
    return Object.assign(node, { port: await listen(node.server, credentials) });
  }

  private serve(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    this.authorizations.push(call.metadata.get('authorization')[0]?.toString());
    call.on('data', (request: BatchAppendReq) => {
      this.appends += 1;
      call.write(this.answer().setCorrelationId(request.getCorrelationId()));
    });
  }
}
