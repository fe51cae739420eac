import { NO_REVISION, TOMBSTONE_REVISION } from '../storage/revision';

/** What an append or delete expects of its stream: a revision (0 or more), or one of these. */
export const EXPECT_NO_STREAM = -1;
export const EXPECT_ANY = -2;
export const EXPECT_STREAM_EXISTS = -4;

/** What is known of a stream when a write to it is decided, writes under way included. */
export interface StreamFacts {
  /** Last revision; NO_REVISION if it never held an event, TOMBSTONE_REVISION if it is tombstoned. */
  readonly last: number;
  readonly isSoftDeleted: boolean;
  readonly hasMetadata: boolean;
  /** Id of the event at a revision. */
  idAt(revision: number): string | undefined;
  /** Revision of the event with this id, if it is in this stream. */
  revisionOf(id: string): number | undefined;
}

export type Decision =
  | { readonly kind: 'write' }
  /** All of it is stored already; `last` is the revision of its last event. */
  | { readonly kind: 'already-written'; readonly last: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'deleted' };

const WRITE: Decision = { kind: 'write' };
const CONFLICT: Decision = { kind: 'conflict' };
const DELETED: Decision = { kind: 'deleted' };

/** Decides a write of events with these ids, as EventStoreDB does: what was written before, whole, counts as success. */
export function decide(expected: number, stream: StreamFacts, ids: readonly string[]): Decision {
  if (stream.last === TOMBSTONE_REVISION) return DELETED;
  if (expected === EXPECT_STREAM_EXISTS) {
    if (stream.isSoftDeleted) return DELETED;
    if (stream.last === NO_REVISION && !stream.hasMetadata) return CONFLICT;
  }
  if (expected === EXPECT_ANY || expected === EXPECT_STREAM_EXISTS) return decideById(stream, ids);
  if (expected === stream.last) return WRITE;
  return expected < stream.last ? decideByRevision(expected, stream, ids) : CONFLICT;
}

function decideById(stream: StreamFacts, ids: readonly string[]): Decision {
  let last: number | undefined;
  if (stream.last === NO_REVISION) return WRITE;
  for (const [index, id] of ids.entries()) {
    const revision = stream.revisionOf(id);
    if (revision === undefined) return index === 0 ? WRITE : CONFLICT;
    last = revision;
  }
  return last === undefined ? WRITE : { kind: 'already-written', last };
}

function decideByRevision(expected: number, stream: StreamFacts, ids: readonly string[]): Decision {
  for (const [index, id] of ids.entries()) {
    if (stream.idAt(expected + 1 + index) === id) continue;
    // A soft-deleted stream may be begun again as if it were new.
    return index === 0 && stream.isSoftDeleted && expected === EXPECT_NO_STREAM ? WRITE : CONFLICT;
  }
  return ids.length === 0 ? CONFLICT : { kind: 'already-written', last: expected + ids.length };
}
