import { Type } from '@sinclair/typebox';
import type { NewEvent } from '../../../src/application/ports/event-store';
import { EventCodec } from '../../../src/infrastructure/event-store/registry/event-codec';
import type { EventDefinition, Upcaster } from '../../../src/infrastructure/event-store/registry/event-definition';
import { eventRegistry } from '../../../src/infrastructure/event-store/registry/event-registry';
import { encodeMetadata } from '../../../src/infrastructure/event-store/registry/metadata-codec';
import { metadata, stored } from './fixtures';

const codec = new EventCodec(eventRegistry);
const id = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const reserved: NewEvent = {
  id,
  event: { type: 'FundsReserved', data: { reservationId: 'rsv_1', messageId: 'msg_1', amount: '8000' } },
  metadata,
};

describe('writing an event', () => {
  it('keeps the payload as it is, and the store’s own names for correlation and causation', () => {
    const encoded = codec.encode(reserved);
    expect(JSON.parse(encoded.data)).toEqual(reserved.event.data);
    expect(JSON.parse(encoded.metadata)).toEqual({
      $correlationId: metadata.correlationId,
      $causationId: metadata.causationId,
      customerId: metadata.customerId,
      actor: metadata.actor,
      schema: 1,
      at: metadata.at,
    });
  });

  it.each([
    ['a type nobody knows', { type: 'FundsVanished', data: {} }],
    ['a missing member', { type: 'FundsReserved', data: { reservationId: 'rsv_1', messageId: 'msg_1' } }],
    ['an unknown member', { type: 'FundsReserved', data: { ...reserved.event.data, amountKes: 0.8 } }],
    ['an amount that is a number', { type: 'FundsReserved', data: { ...reserved.event.data, amount: 8000 } }],
    ['an amount with a point', { type: 'FundsReserved', data: { ...reserved.event.data, amount: '0.8' } }],
    [
      'a tier that is none',
      { type: 'SenderIdApproved', data: { customerId: 'cus_1', sender: 'WAHT', tier: 'tier_4' } },
    ],
  ])('refuses %s, and does not say what it held', (_name, event) => {
    expect(() => codec.encode({ ...reserved, event })).toThrow('may not be stored');
    expect(() => codec.encode({ ...reserved, event })).not.toThrow('8000');
  });

  it('refuses an id that is no UUID in lower case, since the store would answer with another', () => {
    expect(() => codec.encode({ ...reserved, id: id.toUpperCase() })).toThrow('lower-case UUID');
    expect(() => codec.encode({ ...reserved, id: 'evt_1' })).toThrow('lower-case UUID');
  });
});

describe('reading an event', () => {
  const encoded = codec.encode(reserved);

  it('gives back what was written', () => {
    const decoded = codec.decode(stored('FundsReserved', encoded.data, encoded.metadata));
    expect(decoded).toMatchObject({
      kind: 'event',
      event: { revision: 4n, type: 'FundsReserved', data: reserved.event.data, metadata: { ...metadata, schema: 1 } },
    });
  });

  it.each([
    ['unknown_type', stored('FundsVanished', encoded.data, encoded.metadata)],
    ['newer_version', stored('FundsReserved', encoded.data, encodeMetadata(metadata, 2))],
    ['corrupt', stored('FundsReserved', '{"reservationId"', encoded.metadata)],
    ['corrupt', stored('FundsReserved', '[]', encoded.metadata)],
    ['corrupt', stored('FundsReserved', '{"reservationId":"rsv_1"}', encoded.metadata)],
    ['corrupt', stored('FundsReserved', encoded.data, '')],
    ['corrupt', stored('FundsReserved', encoded.data, '{"schema":1}')],
    ['corrupt', stored('FundsReserved', encoded.data, encodeMetadata(metadata, 0))],
  ])('reports as %s what cannot be read, with its envelope', (problem, event) => {
    const decoded = codec.decode(event);
    expect(decoded).toMatchObject({
      kind: 'undecodable',
      event: { problem, id, revision: 4n, stream: 'message-msg_1' },
    });
  });

  it('does not quote a damaged payload, which may be personal', () => {
    const decoded = codec.decode(stored('FundsReserved', '+254712345678', encoded.metadata));
    expect(
      JSON.stringify(decoded.event, (_key, value: unknown) => (typeof value === 'bigint' ? 'n' : value)),
    ).not.toContain('2547');
  });
});

describe('upcasting', () => {
  /** A fictitious event that has had three shapes: an amount in shillings, in cents, and with its currency. */
  const cents: Upcaster = ({ kes, ...rest }) => ({ ...rest, cents: Number(kes) * 100 });
  const currency: Upcaster = (data) => ({ ...data, currency: 'KES' });
  const definition: EventDefinition = {
    version: 3,
    summary: 'fictitious',
    schema: Type.Object({ cents: Type.Integer(), currency: Type.String() }, { additionalProperties: false }),
    upcasters: new Map([
      [1, cents],
      [2, currency],
    ]),
  };
  const versions = new EventCodec(new Map([['Paid', definition]]));

  it.each([
    [1, '{"kes":8}'],
    [2, '{"cents":800}'],
    [3, '{"cents":800,"currency":"KES"}'],
  ])('brings version %i to the newest, and keeps saying which it was', (version, data) => {
    expect(versions.decode(stored('Paid', data, encodeMetadata(metadata, version)))).toMatchObject({
      kind: 'event',
      event: { data: { cents: 800, currency: 'KES' }, metadata: { schema: version } },
    });
  });

  it('reports as corrupt what no upcaster can mend', () => {
    expect(versions.decode(stored('Paid', '{"kes":"viii"}', encodeMetadata(metadata, 1)))).toMatchObject({
      event: { problem: 'corrupt' },
    });
  });

  it('does not start with a gap in the chain', () => {
    const gap = { ...definition, upcasters: new Map([[2, currency]]) };
    expect(() => new EventCodec(new Map([['Paid', gap]]))).toThrow('no upcaster from version 1');
  });

  it('writes the newest version only', () => {
    const event = { type: 'Paid', data: { cents: 800, currency: 'KES' } };
    expect(JSON.parse(versions.encode({ id, event, metadata }).metadata)).toMatchObject({ schema: 3 });
  });
});
