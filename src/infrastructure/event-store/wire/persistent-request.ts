import { Empty } from '@eventstore/db-client/generated/shared_pb';
import { CreateReq, ReadReq } from '@eventstore/db-client/generated/persistent_pb';
import { ProtobufWriter, fieldSize } from './protobuf-writer';

/** Longest that an event may be in a consumer's hands before the server gives it to another. */
export const MESSAGE_TIMEOUT_MS = 60_000;
/** Deliveries of one event, the first apart, before the server parks it: with the worker's pauses, some twelve minutes. */
export const MOST_RETRIES = 30;

const LIVE_BUFFER_SIZE = 2_000;
const HISTORY_BUFFER_SIZE = 2_000;
const READ_BATCH_SIZE = 500;
const CHECKPOINT_AFTER_MS = 1_000;
const FEWEST_CHECKPOINT_EVENTS = 50;
const MOST_CHECKPOINT_EVENTS = 1_000;
const FILTER_WINDOW = 1_000;

const UUID_FIELD_SIZE = fieldSize(fieldSize(36));

export type NackAction = 'park' | 'retry';
const ACTION_CODES: Record<NackAction, number> = { park: 1, retry: 2 };

/** A group on `$all` from its start, filtered by the beginning of the stream's name: neither can be changed later. */
export function createGroupRequest(group: string, streamPrefixes: readonly string[]): Buffer {
  const settings = new CreateReq.Settings()
    .setResolveLinks(false)
    .setExtraStatistics(false)
    .setMaxRetryCount(MOST_RETRIES)
    .setMinCheckpointCount(FEWEST_CHECKPOINT_EVENTS)
    .setMaxCheckpointCount(MOST_CHECKPOINT_EVENTS)
    .setMaxSubscriberCount(0)
    .setLiveBufferSize(LIVE_BUFFER_SIZE)
    .setReadBatchSize(READ_BATCH_SIZE)
    .setHistoryBufferSize(HISTORY_BUFFER_SIZE)
    .setMessageTimeoutMs(MESSAGE_TIMEOUT_MS)
    .setCheckpointAfterMs(CHECKPOINT_AFTER_MS)
    .setConsumerStrategy('RoundRobin');
  const { FilterOptions } = CreateReq.AllOptions;
  const expression = new FilterOptions.Expression().setPrefixList([...streamPrefixes]);
  const filter = new FilterOptions()
    .setStreamIdentifier(expression)
    .setMax(FILTER_WINDOW)
    .setCheckpointintervalmultiplier(1);
  const all = new CreateReq.AllOptions().setStart(new Empty()).setFilter(filter);
  const options = new CreateReq.Options().setGroupName(group).setAll(all).setSettings(settings);
  return Buffer.from(new CreateReq().setOptions(options).serializeBinary());
}

/** Joins the group. `bufferSize`: events that the server hands over before it waits for an acknowledgement. */
export function joinGroupRequest(group: string, bufferSize: number): Buffer {
  const options = new ReadReq.Options()
    .setAll(new Empty())
    .setGroupName(group)
    .setBufferSize(bufferSize)
    .setUuidOption(new ReadReq.Options.UUIDOption().setString(new Empty()));
  return Buffer.from(new ReadReq().setOptions(options).serializeBinary());
}

/** `ids`: of events, UUIDs as text. */
export function ackRequest(ids: readonly string[]): Buffer {
  const size = ids.length * UUID_FIELD_SIZE;
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldSize(size)));
  writer.open(0x12, size);
  writeIds(writer, ids);
  return writer.bytes;
}

/** `reason`: shown beside a parked event; holds nothing personal. */
export function nackRequest(ids: readonly string[], action: NackAction, reason: string): Buffer {
  const reasonSize = Buffer.byteLength(reason);
  const size = ids.length * UUID_FIELD_SIZE + 2 + fieldSize(reasonSize);
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldSize(size)));
  writer.open(0x1a, size);
  writeIds(writer, ids);
  writer.byte(0x18);
  writer.byte(ACTION_CODES[action]);
  writer.text(0x22, reason, reasonSize);
  return writer.bytes;
}

function writeIds(writer: ProtobufWriter, ids: readonly string[]): void {
  for (const id of ids) {
    writer.open(0x12, fieldSize(36));
    writer.text(0x12, id, 36);
  }
}
