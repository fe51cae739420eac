import { GrpcCode, GrpcError } from './grpc-status';
import type { ProtobufReader } from './protobuf-reader';
import type { ProtobufWriter } from './protobuf-writer';
import type { IdForm } from './recorded-event';
import { type FilterSpecification } from '../reading/event-filter';
import { EXPECT_ANY, EXPECT_NO_STREAM, EXPECT_STREAM_EXISTS } from '../streams/expected-revision';

/** Name in a `StreamIdentifier` (field 3). */
export function readStreamIdentifier(reader: ProtobufReader): string {
  let name = '';
  while (reader.next()) {
    if (reader.field === 3) name = reader.string();
    else reader.skip();
  }
  return name;
}

/** Writes a `StreamIdentifier`'s body. */
export const streamIdentifier =
  (name: string) =>
  (writer: ProtobufWriter): void => {
    writer.string(3, name);
  };

/** Commit position of a `Position`; both halves are the same here. */
export function readPosition(reader: ProtobufReader): number {
  let commit = 0;
  while (reader.next()) {
    if (reader.field === 1) commit = reader.uint();
    else reader.skip();
  }
  return commit;
}

/** Writes the body of a `Position` or `AllStreamPosition`. */
export const position =
  (value: number) =>
  (writer: ProtobufWriter): void => {
    writer.uint(1, value).uint(2, value);
  };

/** Form of ids that a `UUIDOption` asks for. */
export function readUuidOption(reader: ProtobufReader): IdForm {
  let form: IdForm = 'string';
  while (reader.next()) {
    form = reader.field === 1 ? 'structured' : 'string';
    reader.skip();
  }
  return form;
}

/** The expectation in fields 2 to 5 of an append's, delete's or tombstone's options, or undefined for another field. */
export function readExpectation(reader: ProtobufReader): number | undefined {
  switch (reader.field) {
    case 2:
      return reader.uint();
    case 3:
      reader.skip();
      return EXPECT_NO_STREAM;
    case 4:
      reader.skip();
      return EXPECT_ANY;
    case 5:
      reader.skip();
      return EXPECT_STREAM_EXISTS;
    default:
      return undefined;
  }
}

export interface FilterOptions {
  readonly filter: FilterSpecification;
  /** Events looked at between two checkpoints. */
  readonly checkpointInterval: number;
}

const DEFAULT_WINDOW = 32;

/** Reads `FilterOptions`, which the two services lay out alike. */
export function readFilterOptions(reader: ProtobufReader): FilterOptions {
  let filter: FilterSpecification | undefined;
  let window = DEFAULT_WINDOW;
  let multiplier = 1;
  while (reader.next()) {
    if (reader.field === 1 || reader.field === 2) {
      filter = readExpression(reader.field === 1 ? 'stream' : 'type', reader.message());
    } else if (reader.field === 3) window = reader.uint();
    else if (reader.field === 5) multiplier = reader.uint();
    else reader.skip();
  }
  if (!filter) throw new GrpcError(GrpcCode.InvalidArgument, "'None' is not a valid FilterOneofCase");
  return { filter, checkpointInterval: Math.max(1, window) * Math.max(1, multiplier) };
}

function readExpression(on: 'stream' | 'type', reader: ProtobufReader): FilterSpecification {
  let regex: string | undefined;
  const prefixes: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) regex = reader.string();
    else if (reader.field === 2) prefixes.push(reader.string());
    else reader.skip();
  }
  return { on, regex, prefixes };
}
