import { position, streamIdentifier } from './common-messages';
import { frameMessage } from './grpc-frames';
import { ProtobufWriter } from './protobuf-writer';

/** The messages of `Streams.Read` other than events, framed. */
export const confirmation = (subscriptionId: string): Buffer =>
  frameMessage(new ProtobufWriter().message(2, (m) => m.string(1, subscriptionId)).finish());

/** `at`: a position. */
export const checkpoint = (at: number): Buffer => frameMessage(new ProtobufWriter().message(3, position(at)).finish());

export const streamNotFound = (stream: string): Buffer =>
  frameMessage(new ProtobufWriter().message(4, (m) => m.message(1, streamIdentifier(stream))).finish());

export const firstStreamPosition = (revision: number): Buffer =>
  frameMessage(new ProtobufWriter().uint(5, revision).finish());

export const lastStreamPosition = (revision: number): Buffer =>
  frameMessage(new ProtobufWriter().uint(6, revision).finish());

export const caughtUp = (): Buffer => frameMessage(new ProtobufWriter().message(8).finish());

export const fellBehind = (): Buffer => frameMessage(new ProtobufWriter().message(9).finish());
