import fc from 'fast-check';
import { compileFilter } from '../../../src/infrastructure/embedded/event-store/reading/event-filter';
import { StoredEvent, makeRecord } from '../../../src/infrastructure/embedded/event-store/storage/record';
import {
  TOMBSTONE_REVISION,
  positionOf,
  sequenceAt,
} from '../../../src/infrastructure/embedded/event-store/storage/revision';
import {
  firstVisible,
  isSoftDeleted,
  parseMetadata,
  softDeletedMetadata,
  withTruncateBefore,
} from '../../../src/infrastructure/embedded/event-store/streams/stream-metadata';
import { eventData, eventMetadata } from '../../../src/infrastructure/embedded/event-store/wire/recorded-event';

const id = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const make = (type: string, stream: string, revision = 3, data = Buffer.from('{}')): StoredEvent =>
  makeRecord(
    { sequence: 7, stream: Buffer.from(stream), streamNumber: 5, revision, createdMs: 1_700_000_000_000 },
    { id, type, isJson: true, data, metadata: Buffer.from('m') },
  );

describe('a record of the log', () => {
  it('gives back what it was made of', () => {
    const revision = fc.oneof(fc.nat(), fc.constant(TOMBSTONE_REVISION));
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        revision,
        fc.uint8Array(),
        (type, stream, at, data) => {
          const event = make(type, stream, at, Buffer.from(data));
          expect(event).toMatchObject({
            type,
            stream,
            revision: at,
            id,
            streamNumber: 5,
            createdMs: 1_700_000_000_000,
          });
          expect(eventData(event)).toEqual(Buffer.from(data));
          expect(eventMetadata(event).toString()).toBe('m');
          expect(event.isIntact).toBe(true);
        },
      ),
    );
  });

  it('shows that a byte of it has changed', () => {
    const { record } = make('Type', 'stream');
    for (let at = 0; at < record.length; at++) {
      const damaged = Buffer.from(record);
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(new StoredEvent(7, damaged).isIntact).toBe(false);
    }
  });

  it('tells positions from other numbers', () => {
    expect(sequenceAt(positionOf(7))).toBe(7);
    expect(sequenceAt(positionOf(7) + 3)).toBeUndefined();
  });
});

describe('a filter of $all', () => {
  const event = make('OrderPlaced', 'order-1');
  it.each([
    ['a prefix of the type', { on: 'type', prefixes: ['Nope', 'Order'] }, true],
    ['another prefix', { on: 'type', prefixes: ['order-'] }, false],
    ['a prefix of the stream', { on: 'stream', prefixes: ['order-'] }, true],
    ['a pattern of the type', { on: 'type', regex: '^[^$].*', prefixes: [] }, true],
    ['a pattern of the stream', { on: 'stream', regex: '^customer', prefixes: [] }, false],
  ] as const)('goes by %s', (_, specification, matches) => {
    expect(compileFilter(specification)(event)).toBe(matches);
  });
});

describe('stream metadata', () => {
  it('hides by count, by revision, and by both', () => {
    expect(firstVisible(parseMetadata(Buffer.from('{"$maxCount":2}')), 9)).toBe(8);
    expect(firstVisible(parseMetadata(Buffer.from('{"$tb":4}')), 9)).toBe(4);
    expect(firstVisible(parseMetadata(Buffer.from('{"$tb":9,"$maxCount":5}')), 9)).toBe(9);
    expect(firstVisible(parseMetadata(Buffer.from('not json')), 9)).toBe(0);
  });

  it('knows a soft-deleted stream, and brings it back with all else kept', () => {
    expect(isSoftDeleted(parseMetadata(softDeletedMetadata()))).toBe(true);
    const undeleted = withTruncateBefore(Buffer.from('{"$tb":1,"custom":"x"}'), 4);
    expect(JSON.parse(undeleted.toString())).toEqual({ $tb: 4, custom: 'x' });
  });
});
