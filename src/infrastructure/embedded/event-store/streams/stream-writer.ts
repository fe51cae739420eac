import { randomUUID } from 'node:crypto';
import { type ProposedEvent, type StoredEvent, makeRecord } from '../storage/record';
import { type LogStore } from '../storage/log-store';
import { NO_REVISION, TOMBSTONE_REVISION } from '../storage/revision';
import { type Decision, type StreamFacts, decide } from './expected-revision';
import type { GroupCommit } from './group-commit';
import { RecentIds } from './recent-ids';
import { type StreamHead, StreamHeads } from './stream-heads';
import {
  METADATA_TYPE,
  describedStream,
  isMetadataStream,
  isSoftDeleted,
  metadataStreamOf,
  softDeletedMetadata,
  withTruncateBefore,
} from './stream-metadata';

export type WriteOutcome =
  /** `last`: last revision written (NO_REVISION: nothing was, and the stream is empty); `sequence`: number of that event. */
  | { readonly kind: 'written'; readonly last: number; readonly sequence: number }
  /** `last`: the stream's last revision, or NO_REVISION. */
  | { readonly kind: 'conflict'; readonly last: number }
  | { readonly kind: 'deleted' };

const NO_BYTES = Buffer.alloc(0);

/** Decides and writes appends, deletes and tombstones; the only place that gives out revisions and numbers in the log. */
export class StreamWriter {
  private nextSequence: number;
  private readonly heads: StreamHeads;
  private lastCreatedMs = 0;
  private readonly recentIds: RecentIds;

  constructor(
    private readonly store: LogStore,
    private readonly commit: GroupCommit,
    lastSequence: number,
    durableSequence: () => number,
  ) {
    this.nextSequence = lastSequence + 1;
    this.heads = new StreamHeads(store, durableSequence);
    this.recentIds = new RecentIds(lastSequence, (sequence) => store.event(sequence));
  }

  /** Appends events; `answer` runs when what it says is on disk. */
  append(
    stream: string,
    expected: number,
    events: readonly ProposedEvent[],
    answer: (outcome: WriteOutcome) => void,
  ): void {
    const head = this.heads.get(stream);
    const decision = this.decide(head, expected, events);
    if (decision.kind !== 'write') return this.answerWithoutWriting(head, decision, answer);
    // Even an append of nothing brings a soft-deleted stream back.
    if (isSoftDeleted(head.metadata)) this.undelete(head);
    if (events.length === 0) {
      const outcome: WriteOutcome = { kind: 'written', last: head.last, sequence: this.nextSequence - 1 };
      return this.commit.afterPending(() => answer(outcome));
    }
    const described = isMetadataStream(head.name) ? this.heads.get(describedStream(head.name)) : undefined;
    const wasDeleted = described !== undefined && isSoftDeleted(described.metadata);
    const stored = this.write(head, events, () => answer({ kind: 'written', last, sequence }));
    const { sequence } = stored[stored.length - 1] as StoredEvent;
    const last = head.last;
    // So does metadata that is written for it: what was deleted must stay hidden.
    if (described && wasDeleted) this.undelete(described);
  }

  /** Deletes a stream softly: what it holds is hidden, and it can be written to again. */
  delete(stream: string, expected: number, answer: (outcome: WriteOutcome) => void): void {
    const head = this.heads.get(stream);
    // A stream that has nothing but metadata exists, to a delete.
    const isMissing = head.last === NO_REVISION && head.metadataData === undefined;
    const decision: Decision = isMissing ? { kind: 'conflict' } : decide(expected, this.factsOf(head), [randomUUID()]);
    if (decision.kind !== 'write') return this.answerWithoutWriting(head, decision, answer);
    const [event] = this.write(this.heads.get(metadataStreamOf(stream)), [metadataEvent(softDeletedMetadata())], () =>
      answer({ kind: 'written', last: head.last, sequence: event.sequence }),
    ) as [StoredEvent];
  }

  /** Deletes a stream for good, whether or not it exists. */
  tombstone(stream: string, expected: number, answer: (outcome: WriteOutcome) => void): void {
    const head = this.heads.get(stream);
    const decision = decide(expected, this.factsOf(head), [randomUUID()]);
    if (decision.kind !== 'write') return this.answerWithoutWriting(head, decision, answer);
    const tombstone = { id: randomUUID(), type: '$streamDeleted', isJson: false, data: NO_BYTES, metadata: NO_BYTES };
    head.last = TOMBSTONE_REVISION - 1;
    const [event] = this.write(head, [tombstone], () =>
      answer({ kind: 'written', last: TOMBSTONE_REVISION, sequence: event.sequence }),
    ) as [StoredEvent];
  }

  private decide(head: StreamHead, expected: number, events: readonly ProposedEvent[]): Decision {
    // The usual case needs no ids and no look into the store.
    if (expected === head.last && head.last !== TOMBSTONE_REVISION) return { kind: 'write' };
    return decide(
      expected,
      this.factsOf(head),
      events.map((event) => event.id),
    );
  }

  private answerWithoutWriting(head: StreamHead, decision: Decision, answer: (outcome: WriteOutcome) => void): void {
    const outcome: WriteOutcome =
      decision.kind === 'already-written'
        ? { kind: 'written', last: decision.last, sequence: this.sequenceOf(head, decision.last) }
        : decision.kind === 'deleted'
          ? { kind: 'deleted' }
          : { kind: 'conflict', last: head.last };
    // An answer may rest on writes that are under way: it waits until they are on disk too.
    this.commit.afterPending(() => answer(outcome));
  }

  private sequenceOf(head: StreamHead, revision: number): number {
    return this.pendingAt(head, revision)?.sequence ?? this.store.sequenceOf(head.number, revision) ?? 0;
  }

  private factsOf(head: StreamHead): StreamFacts {
    return {
      last: head.last,
      isSoftDeleted: isSoftDeleted(head.metadata),
      hasMetadata: head.metadataData !== undefined,
      idAt: (revision) => (this.pendingAt(head, revision) ?? this.store.eventAt(head.number, revision))?.id,
      revisionOf: (id) => this.recentIds.revisionOf(head.number, id),
    };
  }

  private pendingAt({ number }: StreamHead, revision: number): StoredEvent | undefined {
    return first(this.commit.pending(), (batch) => batch.at(number, revision));
  }

  /** A write to a soft-deleted stream brings it back: what comes from now on is shown, what was before stays hidden. */
  private undelete(head: StreamHead): void {
    const data = withTruncateBefore(head.metadataData ?? NO_BYTES, head.last + 1);
    this.write(this.heads.get(metadataStreamOf(head.name)), [metadataEvent(data)]);
  }

  private write(head: StreamHead, events: readonly ProposedEvent[], onDurable?: () => void): StoredEvent[] {
    const isNew = head.number === 0;
    const streamNumber = isNew ? this.heads.assignNumber(head) : head.number;
    // A clock that is set back must not make events of one log go back in time.
    const createdMs = (this.lastCreatedMs = Math.max(this.lastCreatedMs, Date.now()));
    const stored = events.map((event) => {
      const place = {
        sequence: this.nextSequence++,
        stream: head.nameBytes,
        streamNumber,
        revision: ++head.last,
        createdMs,
      };
      return makeRecord(place, event);
    });
    for (const event of stored) this.recentIds.add(event);
    head.changedBy = this.nextSequence - 1;
    this.noteMetadata(head, events);
    this.commit.add(stored, isNew ? { name: head.nameBytes, number: streamNumber } : undefined, onDurable);
    return stored;
  }

  private noteMetadata(head: StreamHead, events: readonly ProposedEvent[]): void {
    if (!isMetadataStream(head.name)) return;
    const last = events[events.length - 1] as ProposedEvent;
    this.heads.metadataWritten(head.name, Buffer.from(last.data), head.changedBy);
  }
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const metadataEvent = (data: Buffer): ProposedEvent => ({
  id: randomUUID(),
  type: METADATA_TYPE,
  isJson: true,
  data,
  metadata: NO_BYTES,
});
