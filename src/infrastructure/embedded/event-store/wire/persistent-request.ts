import { isStrategyName } from '../persistent/consumer-strategies';
import { type GroupSettings, ALL } from '../persistent/group-settings';
import type { NackAction } from '../persistent/group-state';
import type { FilterSpecification } from '../reading/event-filter';
import { readFilterOptions, readPosition, readStreamIdentifier, readUuidOption } from './common-messages';
import { handlerThrew } from './grpc-status';
import { ProtobufReader } from './protobuf-reader';
import { type StartPoint, readStreamOptions } from './read-request';
import type { IdForm } from './recorded-event';
import { readUuid } from './uuid';

/** The stream (or ALL) and the group that a request is about. */
export interface GroupName {
  readonly stream: string;
  readonly group: string;
}

/** `strategy` is what the client wrote: it need not be one that exists. */
export interface GroupRequest extends GroupName {
  readonly from: StartPoint;
  readonly filter: FilterSpecification | undefined;
  readonly settings: Omit<GroupSettings, 'strategy'>;
  readonly strategy: string;
}

const STRATEGIES_BY_NUMBER = ['DispatchToSingle', 'RoundRobin', 'Pinned'];
const TICKS_PER_MS = 10_000;

/** The one nested message in field 1 that every request of this service begins with. */
export function optionsOf(message: Buffer): ProtobufReader {
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 1) return reader.message();
    reader.skip();
  }
  throw handlerThrew();
}

/** Reads a `CreateReq` or `UpdateReq`. */
export function readGroupRequest(message: Buffer): GroupRequest {
  const options = optionsOf(message);
  let stream = '';
  let group = '';
  let from: StartPoint | undefined;
  let filter: FilterSpecification | undefined;
  let settings = readSettings(new ProtobufReader(Buffer.alloc(0)));
  while (options.next()) {
    if (options.field === 1) stream = readStreamIdentifier(options.message());
    else if (options.field === 2) group = options.string();
    else if (options.field === 3) settings = readSettings(options.message());
    else if (options.field === 4) ({ stream, from } = readStreamOptions(options.message()));
    else if (options.field === 5) {
      stream = ALL;
      ({ from, filter } = readAllOptions(options.message()));
    } else options.skip();
  }
  return {
    stream,
    group,
    from: from ?? settings.revision,
    filter,
    settings: settings.settings,
    strategy: settings.strategy,
  };
}

function readAllOptions(options: ProtobufReader): { from: StartPoint; filter: FilterSpecification | undefined } {
  let from: StartPoint = 'start';
  let filter: FilterSpecification | undefined;
  while (options.next()) {
    if (options.field === 1) from = readPosition(options.message());
    else if (options.field === 4) ({ filter } = readFilterOptions(options.message()));
    else {
      if (options.field === 3) from = 'end';
      options.skip();
    }
  }
  return { from, filter };
}

/** Clients of before 21.10, and the official one still, say where to start among the settings; all ones is the end. */
type WireSettings = Pick<GroupRequest, 'settings' | 'strategy'> & { readonly revision: StartPoint };

function readSettings(reader: ProtobufReader): WireSettings {
  const values = new Map<number, number>();
  let strategy: string | undefined;
  while (reader.next()) {
    if (reader.field === 16) strategy = reader.string();
    else values.set(reader.field, Number(reader.int64()));
  }
  const number = (field: number): number => Math.max(0, values.get(field) ?? 0);
  const ms = (field: number, ticksField: number): number => values.get(field) ?? number(ticksField) / TICKS_PER_MS;
  const revision = values.get(2) ?? 0;
  return {
    revision: revision < 0 ? 'end' : revision === 0 ? 'start' : revision,
    strategy: strategy || (STRATEGIES_BY_NUMBER[number(13)] ?? String(number(13))),
    settings: {
      resolveLinks: number(1) !== 0,
      extraStatistics: number(3) !== 0,
      messageTimeoutMs: ms(14, 4),
      maxRetryCount: number(5),
      checkpointAfterMs: ms(15, 6),
      minCheckpointCount: number(7),
      maxCheckpointCount: number(8),
      maxSubscriberCount: number(9),
      liveBufferSize: number(10),
      readBatchSize: number(11),
      historyBufferSize: Math.max(1, number(12)),
    },
  };
}

/** Gives settings their strategy, or undefined if there is none of that name. */
export function withStrategy({ settings, strategy }: GroupRequest): GroupSettings | undefined {
  return isStrategyName(strategy) ? { ...settings, strategy } : undefined;
}

/** Reads the options of `DeleteReq` or `GetInfoReq`, which put the same things in other fields. */
export function readGroupName(message: Buffer, fields: { stream: number; group: number; all: number }): GroupName {
  const options = optionsOf(message);
  let stream = '';
  let group = '';
  while (options.next()) {
    if (options.field === fields.stream) stream = readStreamIdentifier(options.message());
    else if (options.field === fields.group) group = options.string();
    else {
      if (options.field === fields.all) stream = ALL;
      options.skip();
    }
  }
  return { stream, group };
}

/** Reads a `ReplayParkedReq`; `stopAt` is a revision in the stream of parked messages, undefined for all of them. */
export function readReplayRequest(message: Buffer): GroupName & { readonly stopAt: number | undefined } {
  const options = optionsOf(message);
  let stopAt: number | undefined;
  while (options.next()) {
    if (options.field === 4) stopAt = options.uint();
    else options.skip();
  }
  return { ...readGroupName(message, { group: 1, stream: 2, all: 3 }), stopAt };
}

/** Reads a `ListReq`: the stream whose groups are wanted (or ALL), undefined for every group. */
export function readListRequest(message: Buffer): string | undefined {
  const options = optionsOf(message);
  let stream: string | undefined;
  while (options.next()) {
    if (options.field !== 2) {
      options.skip();
      continue;
    }
    const option = options.message();
    while (option.next()) {
      if (option.field === 1) stream = readStreamIdentifier(option.message());
      else {
        stream = ALL;
        option.skip();
      }
    }
  }
  return stream;
}

/** One message of a consumer: what it wants to read, or what it says of messages it got. */
export type ConsumerMessage =
  | ({ readonly kind: 'options'; readonly bufferSize: number; readonly ids: IdForm } & GroupName)
  | { readonly kind: 'ack'; readonly ids: string[] }
  | { readonly kind: 'nack'; readonly ids: string[]; readonly action: NackAction; readonly reason: string };

/** `Unknown` counts as a retry, as in EventStoreDB. */
const ACTIONS: readonly NackAction[] = ['retry', 'park', 'retry', 'skip', 'stop'];

/** Reads a `ReadReq` of persistent subscriptions. */
export function readConsumerMessage(message: Buffer): ConsumerMessage {
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 1) return readConsumerOptions(reader.message());
    if (reader.field === 2) return { kind: 'ack', ids: readAnswer(reader.message()).ids };
    if (reader.field === 3) return { kind: 'nack', ...readAnswer(reader.message()) };
    reader.skip();
  }
  throw handlerThrew();
}

function readConsumerOptions(options: ProtobufReader): ConsumerMessage {
  let stream = '';
  let group = '';
  let bufferSize = 0;
  let ids: IdForm = 'string';
  while (options.next()) {
    if (options.field === 1) stream = readStreamIdentifier(options.message());
    else if (options.field === 2) group = options.string();
    else if (options.field === 3) bufferSize = options.int32();
    else if (options.field === 4) ids = readUuidOption(options.message());
    else {
      if (options.field === 5) stream = ALL;
      options.skip();
    }
  }
  return { kind: 'options', stream, group, bufferSize, ids };
}

function readAnswer(reader: ProtobufReader): { ids: string[]; action: NackAction; reason: string } {
  const ids: string[] = [];
  let action: NackAction = 'retry';
  let reason = '';
  while (reader.next()) {
    if (reader.field === 2) ids.push(readUuid(reader.message()));
    else if (reader.field === 3) action = ACTIONS[reader.uint()] ?? 'retry';
    else if (reader.field === 4) reason = reader.string();
    else reader.skip();
  }
  return { ids, action, reason };
}
