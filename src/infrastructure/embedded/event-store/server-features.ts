import { randomUUID } from 'node:crypto';
import { ProtobufWriter } from './wire/protobuf-writer';
import { structuredUuid } from './wire/uuid';

/** What clients that tell servers apart by version may rely on. */
const VERSION = '24.2.0';

const PERSISTENT = 'event_store.client.persistent_subscriptions.persistentsubscriptions';
const STREAMS = 'event_store.client.streams.streams';
const FEATURES: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  ...['create', 'update', 'delete', 'read', 'getinfo', 'replayparked', 'list', 'restartsubsystem'].map(
    (method) => [PERSISTENT, method, ['stream', 'all']] as const,
  ),
  [STREAMS, 'read', ['position', 'events']],
  [STREAMS, 'append', []],
  [STREAMS, 'delete', []],
  [STREAMS, 'tombstone', []],
  [STREAMS, 'batchappend', ['deadline_duration']],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

/** A `SupportedMethods` message with the methods that this server serves, and no other. */
export function supportedMethods(): Buffer {
  const writer = new ProtobufWriter();
  for (const [service, method, features] of FEATURES) {
    writer.message(1, (m) => {
      m.string(1, method).string(2, service);
      for (const feature of features) m.string(3, feature);
    });
  }
  return writer.string(2, VERSION).finish();
}

const LEADER = 8;
const TICKS_PER_MS = 10_000n;

/** Answers `Gossip.Read` with a `ClusterInfo` of one node, the leader, at this address. */
export function gossipOf(host: string, port: () => number): () => Buffer {
  const instance = structuredUuid(randomUUID());
  return () =>
    new ProtobufWriter()
      .message(1, (member) =>
        member
          .bytes(1, instance)
          .int64(2, BigInt(Date.now()) * TICKS_PER_MS)
          .uint(3, LEADER)
          .bool(4, true)
          .message(5, (endPoint) => endPoint.string(1, host).uint(2, port())),
      )
      .finish();
}
