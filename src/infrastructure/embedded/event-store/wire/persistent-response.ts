import type { Consumer } from '../persistent/consumer';
import type { GroupRunner } from '../persistent/group-runner';
import { type GroupDefinition, ALL, groupId } from '../persistent/group-settings';
import { positionOf } from '../storage/revision';
import { frameMessage } from './grpc-frames';
import { ProtobufWriter } from './protobuf-writer';

/** The first message to a consumer, framed. */
export const subscriptionConfirmation = (stream: string, group: string): Buffer =>
  frameMessage(new ProtobufWriter().message(2, (m) => m.string(1, groupId(stream, group))).finish());

/** A `GetInfoResp`. */
export const infoResponse = (runner: GroupRunner): Buffer =>
  new ProtobufWriter().message(1, subscriptionInfo(runner)).finish();

/** A `ListResp`. */
export function listResponse(runners: readonly GroupRunner[]): Buffer {
  const writer = new ProtobufWriter();
  for (const runner of runners) writer.message(1, subscriptionInfo(runner));
  return writer.finish();
}

const subscriptionInfo =
  (runner: GroupRunner) =>
  (writer: ProtobufWriter): void => {
    const { definition, state } = runner;
    const { settings } = definition;
    const place = (value: number | undefined): string => (value === undefined ? '' : placeText(definition, value));
    writer
      .string(1, definition.stream)
      .string(2, definition.group)
      .string(3, runner.isBehind ? 'Behind' : 'Live');
    for (const consumer of state.consumers) writer.message(4, connectionInfo(consumer));
    writer.uint(6, state.delivered).uint(7, state.delivered);
    writer.string(8, place(runner.checkpointer.last)).string(9, place(runner.lastKnown));
    writer.bool(10, settings.resolveLinks).string(11, startText(definition));
    writer.uint(12, settings.messageTimeoutMs).bool(13, settings.extraStatistics).uint(14, settings.maxRetryCount);
    writer.uint(15, settings.liveBufferSize).uint(16, settings.historyBufferSize).uint(17, settings.readBatchSize);
    writer
      .uint(18, settings.checkpointAfterMs)
      .uint(19, settings.minCheckpointCount)
      .uint(20, settings.maxCheckpointCount);
    writer.uint(21, state.buffered).uint(22, 0).uint(23, state.retrying);
    writer.uint(24, state.inFlight).uint(25, state.inFlight);
    writer.string(26, settings.strategy).uint(27, settings.maxSubscriberCount).uint(28, runner.parked.count);
  };

const connectionInfo =
  (consumer: Consumer) =>
  (writer: ProtobufWriter): void => {
    writer.string(2, 'system').uint(4, consumer.delivered).uint(5, consumer.delivered);
    for (const [key, ms] of consumer.measurements) writer.message(6, (m) => m.string(1, key).uint(2, ms));
    writer
      .uint(7, consumer.slots - consumer.held.size)
      .uint(8, consumer.held.size)
      .string(9, consumer.name);
  };

const placeText = ({ stream }: GroupDefinition, place: number): string =>
  stream === ALL ? `C:${positionOf(place)}/P:${positionOf(place)}` : String(place);

function startText({ stream, startFrom }: GroupDefinition): string {
  const value = startFrom === 'start' ? 0 : startFrom === 'end' ? -1 : startFrom;
  return stream === ALL ? `C:${value}/P:${value}` : String(value);
}
