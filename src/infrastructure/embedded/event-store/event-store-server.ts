import { GroupRegistry } from './persistent/group-registry';
import { PersistentService } from './persistent/persistent-service';
import { ReadService } from './reading/read-service';
import { StreamView } from './reading/stream-view';
import { Tail } from './reading/tail';
import { gossipOf, supportedMethods } from './server-features';
import { beginLog } from './system-events';
import { LogStore } from './storage/log-store';
import { AppendService } from './streams/append-service';
import { GroupCommit } from './streams/group-commit';
import { StreamWriter } from './streams/stream-writer';
import { GrpcServer, type UnaryMethod } from './wire/grpc-server';
import { GrpcCode, GrpcError } from './wire/grpc-status';

const CLIENT = '/event_store.client';
const STREAMS = `${CLIENT}.streams.Streams`;
const PERSISTENT = `${CLIENT}.persistent_subscriptions.PersistentSubscriptions`;

export interface EventStoreOptions {
  /** Folder of the data; made if it is not there. */
  readonly directory: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Called once if data can no longer be written; nothing is acknowledged after that, and the process has to end. */
  readonly onFailure: (error: unknown) => void;
}

export interface RunningEventStore {
  readonly port: number;
  /** Ends all calls, writes what is under way and the groups' checkpoints, and closes the store. */
  stop(): Promise<void>;
}

/** Opens the store and serves it. Throws StoreFailure if the data cannot be used, and the system's error if the port cannot. */
export async function startEventStore({
  directory,
  host,
  port,
  onFailure,
}: EventStoreOptions): Promise<RunningEventStore> {
  const store = new LogStore(directory);
  const tail = new Tail(store, store.lastSequence());
  const commit = new GroupCommit(store, tail, onFailure);
  const writer = new StreamWriter(store, commit, tail.lastSequence, () => tail.lastSequence);
  if (tail.lastSequence === 0) await beginLog(writer);
  const view = new StreamView(store, tail);
  const registry = new GroupRegistry({ store, commit, writer, view, tail });
  const appends = new AppendService(writer);
  const reads = new ReadService(view, tail);
  const persistent = new PersistentService(registry, view, tail);
  const features = supportedMethods();
  let boundPort = port;
  const gossip = gossipOf(host, () => boundPort);

  const server = new GrpcServer({
    unary: new Map<string, UnaryMethod>([
      [`${CLIENT}.server_features.ServerFeatures/GetSupportedMethods`, () => features],
      [`${CLIENT}.gossip.Gossip/Read`, gossip],
      [`${STREAMS}/Delete`, (request: Buffer) => appends.delete(request)],
      [`${STREAMS}/Tombstone`, (request: Buffer) => appends.tombstone(request)],
      [`${PERSISTENT}/Create`, (request: Buffer) => persistent.create(request)],
      [`${PERSISTENT}/Update`, (request: Buffer) => persistent.update(request)],
      [`${PERSISTENT}/Delete`, (request: Buffer) => persistent.delete(request)],
      [`${PERSISTENT}/GetInfo`, (request: Buffer) => persistent.info(request)],
      [`${PERSISTENT}/ReplayParked`, (request: Buffer) => persistent.replayParked(request)],
      [`${PERSISTENT}/List`, (request: Buffer) => persistent.list(request)],
      [`${PERSISTENT}/RestartSubsystem`, () => persistent.restart()],
    ]),
    streaming: new Map([
      [`${STREAMS}/Read`, (call) => reads.serve(call)],
      [`${STREAMS}/Append`, (call) => appends.append(call)],
      [`${STREAMS}/BatchAppend`, (call) => appends.batchAppend(call)],
      [`${PERSISTENT}/Read`, (call) => persistent.read(call)],
    ]),
  });
  try {
    boundPort = await server.listen(host, port);
  } catch (error) {
    await store.close();
    throw error;
  }
  const stop = async (): Promise<void> => {
    const unavailable = new GrpcError(GrpcCode.Unavailable, 'The server is shutting down.');
    const groupsStopped = registry.stop(unavailable);
    await commit.drained();
    await server.close();
    await groupsStopped;
    await commit.drained();
    await store.close();
  };
  return { port: boundPort, stop };
}
