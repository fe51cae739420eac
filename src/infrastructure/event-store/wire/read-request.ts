import type { LogPosition } from '../../../application/ports/event-store';
import { Empty, StreamIdentifier } from '@eventstore/db-client/generated/shared_pb';
import { ReadReq } from '@eventstore/db-client/generated/streams_pb';

const { Options } = ReadReq;

/** Events that the server looks through before it may answer with a checkpoint; times the windows a checkpoint. */
const FILTER_WINDOW = 1_000;
const CHECKPOINT_WINDOWS = 4;

function finish(options: ReadReq.Options): Buffer {
  options.setResolveLinks(false);
  options.setUuidOption(new Options.UUIDOption().setString(new Empty()));
  return Buffer.from(new ReadReq().setOptions(options).serializeBinary());
}

function prefixFilter(prefixes: readonly string[]): ReadReq.Options.FilterOptions {
  const expression = new Options.FilterOptions.Expression();
  // System streams are no part of the business: without prefixes, all that does not begin with a dollar sign.
  if (prefixes.length === 0) expression.setRegex('^[^\\$].*');
  else expression.setPrefixList([...prefixes]);
  return new Options.FilterOptions()
    .setStreamIdentifier(expression)
    .setMax(FILTER_WINDOW)
    .setCheckpointintervalmultiplier(CHECKPOINT_WINDOWS);
}

/** Forwards in one stream, from a revision on. */
export function readStreamRequest(stream: string, from: bigint, maxCount: number): Buffer {
  const identifier = new StreamIdentifier().setStreamName(Buffer.from(stream));
  const position = new Options.StreamOptions().setStreamIdentifier(identifier);
  if (from === 0n) position.setStart(new Empty());
  else position.setRevision(from.toString());
  return finish(
    new Options()
      .setStream(position)
      .setReadDirection(Options.ReadDirection.FORWARDS)
      .setCount(maxCount.toString())
      .setNoFilter(new Empty()),
  );
}

/** Everything after `from` in `$all`, what comes later included, filtered by the beginning of the stream's name. */
export function subscribeToAllRequest(from: LogPosition | null, streamPrefixes: readonly string[]): Buffer {
  const position = new Options.AllOptions();
  if (from === null) position.setStart(new Empty());
  else {
    position.setPosition(
      new Options.Position().setCommitPosition(from.commit.toString()).setPreparePosition(from.prepare.toString()),
    );
  }
  return finish(
    new Options()
      .setAll(position)
      .setReadDirection(Options.ReadDirection.FORWARDS)
      .setSubscription(new Options.SubscriptionOptions())
      .setFilter(prefixFilter(streamPrefixes)),
  );
}

/** The event of `$all` at this position, whatever it is, or where it was removed the next one. */
export function readAtRequest({ commit, prepare }: LogPosition): Buffer {
  const position = new Options.Position().setCommitPosition(commit.toString()).setPreparePosition(prepare.toString());
  return finish(
    new Options()
      .setAll(new Options.AllOptions().setPosition(position))
      .setReadDirection(Options.ReadDirection.FORWARDS)
      .setCount('1')
      .setNoFilter(new Empty()),
  );
}

/** The last event of `$all`, whatever it is. */
export function readHeadRequest(): Buffer {
  return finish(
    new Options()
      .setAll(new Options.AllOptions().setEnd(new Empty()))
      .setReadDirection(Options.ReadDirection.BACKWARDS)
      .setCount('1')
      .setNoFilter(new Empty()),
  );
}
