import { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb';
import {
  encodeBatchAppend,
  type EncodedEvent,
} from '../../../src/infrastructure/event-store/wire/batch-append-request';

const correlationId = '0b6bcf4e-3a4d-4b1a-9b53-6f7d6f5a1c01';
const event = (over: Partial<EncodedEvent> = {}): EncodedEvent => ({
  id: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  type: 'MessageQueued',
  data: '{"body":"habari"}',
  metadata: '{"schema":1}',
  ...over,
});

/** Through the official client's generated class. */
function decode(bytes: Buffer): BatchAppendReq.AsObject & { raw: BatchAppendReq } {
  const raw = BatchAppendReq.deserializeBinary(bytes);
  return { ...raw.toObject(), raw };
}

describe('an append on the wire', () => {
  it('reads back through the generated classes as it was meant', () => {
    const deadlineMs = Date.UTC(2026, 10, 22, 9, 30, 0, 125);
    const bytes = encodeBatchAppend(correlationId, deadlineMs, {
      stream: 'message-msg_1',
      expected: 'no_stream',
      events: [event(), event({ id: '6ba7b811-9dad-41d1-80b4-00c04fd430c8', type: 'FundsReserved' })],
    });
    const { raw } = decode(bytes);
    const options = raw.getOptions();
    expect(raw.getCorrelationId()?.getString()).toBe(correlationId);
    expect(raw.getIsFinal()).toBe(true);
    expect(Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe('message-msg_1');
    expect(options?.hasNoStream()).toBe(true);
    expect(options?.hasStreamPosition()).toBe(false);
    expect(options?.getDeadline()?.toDate().getTime()).toBe(deadlineMs);
    const [first, second] = raw.getProposedMessagesList();
    expect(first?.getId()?.getString()).toBe(event().id);
    expect(first?.getMetadataMap().get('type')).toBe('MessageQueued');
    expect(first?.getMetadataMap().get('content-type')).toBe('application/json');
    expect(Buffer.from(first?.getData_asU8() ?? []).toString()).toBe('{"body":"habari"}');
    expect(Buffer.from(first?.getCustomMetadata_asU8() ?? []).toString()).toBe('{"schema":1}');
    expect(second?.getMetadataMap().get('type')).toBe('FundsReserved');
  });

  it('is byte for byte what the generated classes write', () => {
    const bytes = encodeBatchAppend(correlationId, 1_795_000_000_125, {
      stream: 'wallet-cus_1',
      expected: 300n,
      events: [event()],
    });
    expect(Buffer.from(BatchAppendReq.deserializeBinary(bytes).serializeBinary()).equals(bytes)).toBe(true);
  });

  it.each([0n, 1n, 127n, 128n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n])(
    'names the exact revision %s',
    (expected) => {
      const bytes = encodeBatchAppend(correlationId, 1_795_000_000_000, { stream: 's-1', expected, events: [event()] });
      expect(decode(bytes).raw.getOptions()?.getStreamPosition()).toBe(expected.toString());
      expect(decode(bytes).raw.getOptions()?.hasStreamPosition()).toBe(true);
    },
  );

  it('measures text beyond ASCII and payloads of every size', () => {
    for (const size of [0, 1, 126, 127, 128, 16_383, 16_384, 200_000]) {
      const data = `{"body":"${'ş'.repeat(size)} 😀"}`;
      const bytes = encodeBatchAppend(correlationId, 1, {
        stream: 'ujumbe-ñ',
        expected: 5n,
        events: [event({ data })],
      });
      const { raw } = decode(bytes);
      expect(Buffer.from(raw.getProposedMessagesList()[0]?.getData_asU8() ?? []).toString()).toBe(data);
      expect(Buffer.from(raw.getOptions()?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe(
        'ujumbe-ñ',
      );
    }
  });
});
