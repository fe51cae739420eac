import {
  type FilterOptions,
  readFilterOptions,
  readPosition,
  readStreamIdentifier,
  readUuidOption,
} from './common-messages';
import { GrpcCode, GrpcError } from './grpc-status';
import { ProtobufReader } from './protobuf-reader';
import type { IdForm } from './recorded-event';

/** Where a read starts: a revision or position, or one of the ends. */
export type StartPoint = number | 'start' | 'end';

export interface ReadRequest {
  /** Name of the stream, or undefined for `$all`. */
  readonly stream: string | undefined;
  readonly from: StartPoint;
  readonly backwards: boolean;
  readonly resolveLinks: boolean;
  /** Most events wanted; undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: FilterOptions | undefined;
  readonly ids: IdForm;
  /** The client understands the first and last position of a stream. */
  readonly positions: boolean;
}

/** Reads a `ReadReq`. Throws GrpcError if it names nothing to read. */
export function readReadRequest(message: Buffer): ReadRequest {
  const request = new ProtobufReader(message);
  while (request.next()) {
    if (request.field === 1) return readOptions(request.message());
    request.skip();
  }
  throw noSource();
}

function readOptions(options: ProtobufReader): ReadRequest {
  let source: { stream: string | undefined; from: StartPoint } | undefined;
  let count: number | undefined = 0;
  let filter: FilterOptions | undefined;
  let ids: IdForm = 'string';
  let backwards = false;
  let resolveLinks = false;
  let positions = false;
  while (options.next()) {
    switch (options.field) {
      case 1:
        source = readStreamOptions(options.message());
        break;
      case 2:
        source = { stream: undefined, from: readAllOptions(options.message()) };
        break;
      case 3:
        backwards = options.uint() === 1;
        break;
      case 4:
        resolveLinks = options.bool();
        break;
      case 5:
        count = options.uint();
        break;
      case 6:
        count = undefined;
        options.skip();
        break;
      case 7:
        filter = readFilterOptions(options.message());
        break;
      case 9:
        ids = readUuidOption(options.message());
        break;
      case 10:
        positions = readCompatibility(options.message()) >= 1;
        break;
      default:
        options.skip();
    }
  }
  if (!source) throw noSource();
  return { ...source, count, filter, ids, backwards, resolveLinks, positions };
}

/** Reads `StreamOptions`, which reads and persistent subscriptions share. */
export function readStreamOptions(options: ProtobufReader): { stream: string; from: StartPoint } {
  let stream = '';
  let from: StartPoint = 'start';
  while (options.next()) {
    if (options.field === 1) stream = readStreamIdentifier(options.message());
    else if (options.field === 2) from = options.uint();
    else {
      from = options.field === 4 ? 'end' : 'start';
      options.skip();
    }
  }
  return { stream, from };
}

function readAllOptions(options: ProtobufReader): StartPoint {
  let from: StartPoint = 'start';
  while (options.next()) {
    if (options.field === 1) from = readPosition(options.message());
    else {
      from = options.field === 3 ? 'end' : 'start';
      options.skip();
    }
  }
  return from;
}

function readCompatibility(option: ProtobufReader): number {
  let level = 0;
  while (option.next()) {
    if (option.field === 1) level = option.uint();
    else option.skip();
  }
  return level;
}

const noSource = (): GrpcError =>
  new GrpcError(
    GrpcCode.InvalidArgument,
    "'None' is not a valid EventStore.Client.Streams.ReadReq+Types+Options+StreamOptionOneofCase",
  );
