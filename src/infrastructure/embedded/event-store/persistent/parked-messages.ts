import { randomUUID } from 'node:crypto';
import type { StreamView } from '../reading/stream-view';
import { EXPECT_ANY } from '../streams/expected-revision';
import { METADATA_TYPE, metadataStreamOf } from '../streams/stream-metadata';
import type { StreamWriter } from '../streams/stream-writer';
import { type ResolvedEvent, originalEvent } from '../wire/recorded-event';

const BATCH = 200;

export interface ParkedMessage {
  /** Revision in the stream of parked messages. */
  readonly revision: number;
  readonly resolved: ResolvedEvent;
}

/** The parked messages of a group: a stream of links, cut off at the front as they are replayed and done with. */
export class ParkedMessages {
  /** Revisions handed out by a replay and not yet done with. */
  private readonly replaying = new Set<number>();
  /** First revision that no replay has handed out. */
  private next = 0;

  constructor(
    private readonly stream: string,
    private readonly view: StreamView,
    private readonly writer: StreamWriter,
  ) {}

  /** Messages parked and not being replayed. */
  get count(): number {
    const state = this.view.state(this.stream);
    return state.kind === 'present' ? Math.max(0, state.last - Math.max(state.first, this.next) + 1) : 0;
  }

  /** When the oldest of them was parked, in ms since 1970. */
  get oldestMs(): number | undefined {
    return this.view.read(this.stream, this.next, false, 1).events[0]?.createdMs;
  }

  /** Parks a message; `done` runs once that is on disk. */
  park(resolved: ResolvedEvent, reason: string, done: () => void): void {
    const event = resolved.event ?? originalEvent(resolved);
    const metadata = {
      added: new Date().toISOString(),
      reason,
      subscriptionEventNumber: originalEvent(resolved).revision,
    };
    const link = {
      id: randomUUID(),
      type: '$>',
      isJson: false,
      data: Buffer.from(`${event.revision}@${event.stream}`, 'utf8'),
      metadata: Buffer.from(JSON.stringify(metadata), 'utf8'),
    };
    this.writer.append(this.stream, EXPECT_ANY, [link], done);
  }

  /**
   * Hands out parked messages to be delivered again, oldest first: those before revision `stopAt` of this stream, which
   * is what a replay's `stopAt` names; undefined for all.
   */
  replay(stopAt = Infinity): ParkedMessage[] {
    const messages: ParkedMessage[] = [];
    let from: number | undefined = this.next;
    while (from !== undefined && from < stopAt) {
      const read = this.view.read(this.stream, from, false, BATCH);
      for (const link of read.events) {
        if (link.revision >= stopAt) return messages;
        this.next = link.revision + 1;
        this.replaying.add(link.revision);
        messages.push({ revision: link.revision, resolved: this.view.resolve(link) });
      }
      from = read.next;
    }
    return messages;
  }

  /** The group is gone, and so is what it parked. */
  delete(): void {
    this.writer.delete(this.stream, EXPECT_ANY, () => undefined);
  }

  /** A replayed message was acknowledged or parked again: the stream is cut off before the oldest that was not. */
  replayed(revision: number): void {
    this.replaying.delete(revision);
    const oldest = this.replaying.size > 0 ? Math.min(...this.replaying) : this.next;
    if (oldest > revision) this.truncateBefore(oldest);
  }

  private truncateBefore(revision: number): void {
    const data = Buffer.from(JSON.stringify({ $tb: revision }), 'utf8');
    const event = { id: randomUUID(), type: METADATA_TYPE, isJson: true, data, metadata: Buffer.alloc(0) };
    this.writer.append(metadataStreamOf(this.stream), EXPECT_ANY, [event], () => undefined);
  }
}
