import type { StreamView } from '../reading/stream-view';
import type { Tail } from '../reading/tail';
import { sequenceAt } from '../storage/revision';
import type { GrpcCall } from '../wire/grpc-call';
import {
  GrpcCode,
  GrpcError,
  groupExists,
  groupFailed,
  groupFull,
  groupMissing,
  handlerThrew,
} from '../wire/grpc-status';
import {
  type ConsumerMessage,
  type GroupName,
  type GroupRequest,
  readConsumerMessage,
  readGroupName,
  readGroupRequest,
  readListRequest,
  readReplayRequest,
  withStrategy,
} from '../wire/persistent-request';
import { infoResponse, listResponse, subscriptionConfirmation } from '../wire/persistent-response';
import type { Consumer } from './consumer';
import type { GroupRegistry } from './group-registry';
import type { GroupRunner } from './group-runner';
import { type GroupDefinition, type GroupSettings, ALL } from './group-settings';

const EMPTY = Buffer.alloc(0);

/** Serves `PersistentSubscriptions`. */
export class PersistentService {
  constructor(
    private readonly registry: GroupRegistry,
    private readonly view: StreamView,
    private readonly tail: Tail,
  ) {}

  async create(message: Buffer): Promise<Buffer> {
    const request = readGroupRequest(message);
    const { stream, group, filter } = request;
    if (stream === '' || group === '') throw handlerThrew();
    if (this.registry.get(stream, group)) throw groupExists(stream, group);
    const settings = settingsOf(request);
    const { from: startFrom } = request;
    await this.registry.create({ stream, group, settings, filter, startFrom, startAfter: this.placeBefore(request) });
    return EMPTY;
  }

  async update(message: Buffer): Promise<Buffer> {
    const request = readGroupRequest(message);
    const runner = this.runnerOf(request);
    const settings = settingsOf(request);
    const { from: startFrom } = request;
    const definition: GroupDefinition = {
      ...runner.definition,
      settings,
      startFrom,
      startAfter: this.placeBefore(request),
    };
    await this.registry.update(runner, definition);
    return EMPTY;
  }

  async delete(message: Buffer): Promise<Buffer> {
    await this.registry.delete(this.runnerOf(readGroupName(message, { stream: 1, group: 2, all: 3 })));
    return EMPTY;
  }

  info(message: Buffer): Buffer {
    return infoResponse(this.runnerOf(readGroupName(message, { stream: 1, all: 2, group: 3 })));
  }

  replayParked(message: Buffer): Buffer {
    const request = readReplayRequest(message);
    this.runnerOf(request).replayParked(request.stopAt);
    return EMPTY;
  }

  list(message: Buffer): Buffer {
    const stream = readListRequest(message);
    const runners = this.registry.list(stream);
    if (stream !== undefined && runners.length === 0) throw groupMissing(stream, '');
    return listResponse(runners);
  }

  async restart(): Promise<Buffer> {
    await this.registry.restart();
    return EMPTY;
  }

  /** `Read`: connects a consumer and takes its answers. */
  read(call: GrpcCall): void {
    let connected: { runner: GroupRunner; consumer: Consumer } | undefined;
    call.onMessage = (bytes) => {
      const message = readConsumerMessage(bytes);
      if (connected) return answer(connected.runner, message);
      if (message.kind !== 'options') throw handlerThrew();
      connected = this.connect(call, message);
    };
    call.onHalfClose = () => call.finish();
    call.onClosed = () => connected?.runner.disconnect(connected.consumer);
  }

  private connect(
    call: GrpcCall,
    message: Extract<ConsumerMessage, { kind: 'options' }>,
  ): { runner: GroupRunner; consumer: Consumer } {
    const runner = this.runnerOf(message);
    const { stream, group, bufferSize, ids } = message;
    if (!runner.state.hasRoomForConsumer) throw groupFull(stream, group);
    if (bufferSize <= 0) throw new GrpcError(GrpcCode.InvalidArgument, 'The buffer size has to be positive.');
    call.send(subscriptionConfirmation(stream, group));
    return { runner, consumer: runner.connect(call, bufferSize, ids) };
  }

  private runnerOf({ stream, group }: GroupName): GroupRunner {
    const runner = this.registry.get(stream, group);
    if (!runner) throw groupMissing(stream, group);
    return runner;
  }

  /** The place before the first event that a group is to get. */
  private placeBefore({ stream, from }: GroupRequest): number {
    if (stream === ALL) {
      if (from === 'end') return this.tail.lastSequence;
      // A group starts with the event at the position it names, if there is one.
      return from === 'start' ? 0 : Math.max(0, Math.ceil(sequenceAtOrAfter(from)) - 1);
    }
    if (from !== 'end') return from === 'start' ? -1 : from - 1;
    const state = this.view.state(stream);
    return state.kind === 'present' ? state.last : -1;
  }
}

function settingsOf(request: GroupRequest): GroupSettings {
  const settings = withStrategy(request);
  if (settings) return settings;
  throw groupFailed(request.stream, request.group, `Consumer strategy ${request.strategy} does not exist.`);
}

const sequenceAtOrAfter = (position: number): number =>
  sequenceAt(position) ?? sequenceAt(position - (position % 64) + 64) ?? 0;

function answer(runner: GroupRunner, message: ConsumerMessage): void {
  if (message.kind === 'ack') runner.ack(message.ids);
  else if (message.kind === 'nack') runner.nack(message.ids, message.action, message.reason);
}
