import { Empty, StreamIdentifier } from '@eventstore/db-client/generated/shared_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { Client, credentials } from '@grpc/grpc-js';
import { hash } from 'node:crypto';

export type Fields = Readonly<Record<string, unknown>>;

/** An event as it is stored: what a codec would make of it is no concern of the checker. */
export interface LogEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly commit: bigint;
  readonly prepare: bigint;
  /** The store's own clock. Milliseconds since 1970. */
  readonly storedAt: number;
  /** SHA-256 of the bytes, hex. */
  readonly dataHash: string;
  readonly metadataHash: string;
  readonly data: Fields;
  readonly metadata: Fields;
}

const { Options } = ReadReq;
const MOST = '9007199254740991';
const TICKS_A_MS = 10_000n;
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

/** The whole log in order, over the wire, without the events that the store writes for itself. */
export function readLog(url: string): Promise<LogEvent[]> {
  return read(url, new Options.AllOptions().setStart(new Empty()), Options.ReadDirection.FORWARDS, MOST);
}

/** Commit position of the last event that is not the store's own; -1 where there is none. */
export async function headOfLog(url: string): Promise<bigint> {
  const end = new Options.AllOptions().setEnd(new Empty());
  const last = await read(url, end, Options.ReadDirection.BACKWARDS, '200');
  return last[0]?.commit ?? -1n;
}

/** One stream in order; empty where there is none. */
export function readStream(url: string, stream: string): Promise<LogEvent[]> {
  const name = new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
  const from = new Options.StreamOptions().setStreamIdentifier(name).setStart(new Empty());
  return read(url, from, Options.ReadDirection.FORWARDS, MOST);
}

async function read(
  url: string,
  from: ReadReq.Options.AllOptions | ReadReq.Options.StreamOptions,
  direction: ReadReq.Options.ReadDirection,
  count: string,
): Promise<LogEvent[]> {
  const { host } = new URL(url.replace(/^esdb:/, 'http:'));
  const client = new Client(host, credentials.createInsecure(), {
    'grpc.max_receive_message_length': LARGEST_ANSWER_BYTES,
  });
  const options = new Options()
    .setReadDirection(direction)
    .setCount(count)
    .setNoFilter(new Empty())
    .setUuidOption(new Options.UUIDOption().setString(new Empty()));
  if (from instanceof Options.StreamOptions) options.setStream(from);
  else options.setAll(from);
  const { path, requestSerialize, responseDeserialize } = StreamsService.read;
  const request = new ReadReq().setOptions(options);
  const events: LogEvent[] = [];
  try {
    const answers = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    for await (const answer of answers) {
      const event = eventIn(answer as ReadResp);
      if (event !== null && !event.type.startsWith('$') && !event.stream.startsWith('$')) events.push(event);
    }
  } finally {
    client.close();
  }
  return events;
}

function eventIn(answer: ReadResp): LogEvent | null {
  const recorded = answer.getEvent()?.getEvent();
  if (recorded === undefined) return null;
  const data = recorded.getData_asU8();
  const metadata = recorded.getCustomMetadata_asU8();
  const system = recorded.getMetadataMap();
  const type = system.get('type') ?? '';
  return {
    id: (recorded.getId()?.getString() ?? '').toLowerCase(),
    stream: Buffer.from(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
    revision: BigInt(recorded.getStreamRevision()),
    type,
    commit: BigInt(recorded.getCommitPosition()),
    prepare: BigInt(recorded.getPreparePosition()),
    storedAt: Number(BigInt(system.get('created') ?? '0') / TICKS_A_MS),
    dataHash: hash('sha256', data, 'hex'),
    metadataHash: hash('sha256', metadata, 'hex'),
    ...(type.startsWith('$') ? { data: {}, metadata: {} } : { data: fields(data), metadata: fields(metadata) }),
  };
}

function fields(bytes: Uint8Array): Fields {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Fields;
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
