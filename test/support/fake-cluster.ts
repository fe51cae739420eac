import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { UUID } from '@eventstore/db-client/generated/shared_pb';
import { ClusterNode, type AppendRefusal, type Cluster } from './cluster-node';

const { VNodeState } = MemberInfo;

/** Three nodes before one store, of which one leads at most: the rest refuse what only a leader does, and all of them gossip. */
export class FakeCluster implements Cluster {
  readonly nodes: ClusterNode[] = [];
  /** Null: an election is under way. */
  leader: ClusterNode | null = null;
  appendRefusal: AppendRefusal = 'answer';

  static async before(storePort: number): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    for (let n = 0; n < 3; n++) cluster.nodes.push(new ClusterNode(cluster, storePort));
    await Promise.all(cluster.nodes.map((node) => node.listen()));
    cluster.leader = cluster.node(0);
    return cluster;
  }

  get url(): string {
    const hosts = this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `esdb://${hosts}?tls=false&nodePreference=leader`;
  }

  node(index: number): ClusterNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  }

  /** The leader is another from now on; null: nobody leads for now. */
  elect(index: number | null): void {
    const former = this.leader;
    this.leader = index === null ? null : this.node(index);
    if (former !== this.leader) former?.resign();
  }

  members(): ClusterInfo {
    const members = this.nodes.map((node) =>
      new MemberInfo()
        .setInstanceId(new UUID().setString('6ba7b810-9dad-41d1-80b4-00c04fd430c8'))
        .setTimeStamp('1')
        .setState(node === this.leader ? VNodeState.LEADER : VNodeState.FOLLOWER)
        .setIsAlive(true)
        .setHttpEndPoint(new EndPoint().setAddress('127.0.0.1').setPort(node.port)),
    );
    return new ClusterInfo().setMembersList(members);
  }

  stop(): void {
    for (const node of this.nodes) node.stop();
  }
}
