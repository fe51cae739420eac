import { randomUUID } from 'node:crypto';
import {
  type AllStreamResolvedEvent,
  type AppendResult,
  type EventStoreDBClient,
  type JSONEventType,
  type Position,
  type ResolvedEvent,
  ANY,
  binaryEvent,
  jsonEvent,
} from '@eventstore/db-client';
import { type ContractServer, contractServer } from './contract-server';

/** Long enough for a real server that is busy with other things. */
export const CASE_MS = 60_000;

export type Numbered = JSONEventType<string, { n: number }>;

/** An event of this type that carries a number. */
export const event = (type = 'Contract', n = 0) => jsonEvent<Numbered>({ type, data: { n } });
/** Events that carry the numbers from 0. */
export const events = (count: number, type = 'Contract') => Array.from({ length: count }, (_, n) => event(type, n));
/** An event that stands for another one: `revision@stream`. */
export const link = (to: string) => binaryEvent({ type: '$>', data: Buffer.from(to) });
/** The numbers from `from` up to, and without, `to`. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
/** A name that no other case, run or user of the server has. */
export const unique = (kind: string): string => `${kind}-${randomUUID()}`;

type Streamed = AsyncIterable<ResolvedEvent> | AsyncIterable<AllStreamResolvedEvent>;

export async function collect(read: Streamed): Promise<ResolvedEvent[]> {
  const found: ResolvedEvent[] = [];
  for await (const resolved of read) found.push(resolved);
  return found;
}

/** Revisions of what a read gives, as it gives them. */
export async function revisions(read: Streamed): Promise<number[]> {
  return (await collect(read)).map((resolved) => Number(resolved.event?.revision));
}

/** What a case works with: an event store of which it knows the connection string and nothing else. */
export interface Contract {
  readonly client: EventStoreDBClient;
  /** Appends `count` events to a stream and gives the last answer. */
  fill(stream: string, count: number, type?: string): Promise<AppendResult>;
  /** The position of an event written just now: everything a case writes after this lies behind it. */
  mark(): Promise<Position>;
  /** What has to be done before the connection ends, the last first. */
  atEnd(work: () => Promise<void>): void;
}

/** Connects before the cases of a file and disconnects after them. */
export function useEventStore(): Contract {
  let server: ContractServer;
  beforeAll(async () => {
    server = await contractServer();
  }, CASE_MS);
  const endings: (() => Promise<void>)[] = [];
  afterAll(async () => {
    try {
      for (const work of endings.toReversed()) await work();
    } finally {
      await server.stop();
    }
  }, CASE_MS);
  const fill: Contract['fill'] = (stream, count, type) =>
    server.client.appendToStream(stream, events(count, type), { expectedRevision: ANY });
  return {
    get client() {
      return server.client;
    },
    fill,
    atEnd: (work) => void endings.push(work),
    mark: async () => positionOf(await fill(unique('mark'), 1)),
  };
}

/** The position in an append's answer, which every server of this age gives. */
export function positionOf({ position }: AppendResult): Position {
  if (!position) throw new Error('The answer to an append carries no position.');
  return position;
}
