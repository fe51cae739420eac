import {
  type StreamFacts,
  EXPECT_ANY,
  EXPECT_NO_STREAM,
  EXPECT_STREAM_EXISTS,
  decide,
} from '../../../src/infrastructure/embedded/event-store/streams/expected-revision';
import { TOMBSTONE_REVISION } from '../../../src/infrastructure/embedded/event-store/storage/revision';

const stream = (ids: string[], over: Partial<StreamFacts> = {}): StreamFacts => ({
  last: ids.length - 1,
  isSoftDeleted: false,
  hasMetadata: false,
  idAt: (revision) => ids[revision],
  revisionOf: (id) => (ids.includes(id) ? ids.indexOf(id) : undefined),
  ...over,
});

describe('the decision on an append', () => {
  it.each([
    ['a new stream', EXPECT_NO_STREAM, stream([])],
    ['its exact revision', 1, stream(['a', 'b'])],
    ['any', EXPECT_ANY, stream(['a'])],
    ['a stream that exists', EXPECT_STREAM_EXISTS, stream(['a'])],
    ['a stream that has metadata only', EXPECT_STREAM_EXISTS, stream([], { hasMetadata: true })],
    ['a new stream where one was deleted', EXPECT_NO_STREAM, stream(['a'], { isSoftDeleted: true })],
  ])('writes to %s', (_, expected, facts) => {
    expect(decide(expected, facts, ['x'])).toEqual({ kind: 'write' });
  });

  it.each([
    ['no stream, and there is one', EXPECT_NO_STREAM, stream(['a']), ['x']],
    ['a revision passed already', 0, stream(['a', 'b']), ['x']],
    ['a revision not reached', 5, stream(['a']), ['x']],
    ['an existing stream, and there is none', EXPECT_STREAM_EXISTS, stream([]), ['x']],
    ['what was written before and one more', EXPECT_NO_STREAM, stream(['a', 'b']), ['a', 'b', 'x']],
    ['one that is stored and one that is not', EXPECT_ANY, stream(['a']), ['a', 'x']],
    ['nothing, at a revision passed already', 0, stream(['a', 'b']), []],
  ])('refuses %s', (_, expected, facts, ids) => {
    expect(decide(expected, facts, ids)).toEqual({ kind: 'conflict' });
  });

  it.each([
    ['the same batch', 0, ['b', 'c'], 2],
    ['a leading part of it', EXPECT_NO_STREAM, ['a', 'b'], 1],
    ['the same id under any, others in between', EXPECT_ANY, ['a'], 0],
  ])('takes %s as written before', (_, expected, ids, last) => {
    expect(decide(expected, stream(['a', 'b', 'c']), ids)).toEqual({ kind: 'already-written', last });
  });

  it('refuses a tombstoned stream, and a soft-deleted one that is to exist', () => {
    expect(decide(EXPECT_ANY, stream([], { last: TOMBSTONE_REVISION }), ['x'])).toEqual({ kind: 'deleted' });
    expect(decide(EXPECT_STREAM_EXISTS, stream(['a'], { isSoftDeleted: true }), ['x'])).toEqual({ kind: 'deleted' });
  });
});
