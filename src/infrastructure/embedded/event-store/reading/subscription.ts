import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '../storage/record';
import { positionOf } from '../storage/revision';
import { EventMessages } from '../wire/event-messages';
import type { GrpcCall } from '../wire/grpc-call';
import type { ReadRequest } from '../wire/read-request';
import { caughtUp, checkpoint, confirmation, fellBehind } from '../wire/read-response';
import type { Cursor } from './cursors';
import type { StreamView } from './stream-view';
import type { Tail } from './tail';

/** Events looked at in one go, and bytes sent in one go, before other calls get their turn. */
const SCAN = 1024;
const SEND_BYTES = 256 * 1024;
const BATCH = 256;

/**
 * A catch-up subscription. It pulls: from the disk while it catches up, then from the shared tail each time something is
 * published, and never more than the client has taken, so that a slow client costs no memory.
 */
export class Subscription {
  onSent: (event: StoredEvent) => void = () => undefined;

  private readonly messages: EventMessages;
  private isLive = false;
  private isWaiting = false;
  private sinceCheckpoint = 0;

  constructor(
    private readonly call: GrpcCall,
    private readonly request: ReadRequest,
    private readonly cursor: Cursor,
    private readonly view: StreamView,
    private readonly tail: Tail,
    /** Number of the last event passed; for checkpoints. */
    private readonly passed: () => number,
  ) {
    this.messages = new EventMessages(request.ids);
  }

  start(): void {
    const unwatch = this.tail.watch(() => {
      if (this.isLive && !this.isWaiting) this.call.guard(() => this.pump());
    });
    this.call.onClosed = unwatch;
    this.call.onDrain = () => {
      this.isWaiting = false;
      this.pump();
    };
    this.messages.addFramed(confirmation(randomUUID()));
    this.pump();
  }

  private pump(): void {
    if (!this.call.isOpen) return;
    if (this.isLive && this.cursor.isBehind) {
      this.isLive = false;
      this.messages.addFramed(fellBehind());
    }
    const sent: StoredEvent[] = [];
    let budget = SCAN;
    while (budget > 0 && this.messages.size < SEND_BYTES) {
      const { events, scanned } = this.cursor.advance(this.stepSize());
      for (const event of events) {
        this.messages.add(this.request.resolveLinks ? this.view.resolve(event) : { event, link: undefined });
        sent.push(event);
      }
      if (scanned === 0) {
        if (!this.isLive) this.goLive();
        return this.flush(sent, false);
      }
      this.countTowardsCheckpoint(scanned);
      budget -= scanned;
    }
    this.flush(sent, true);
  }

  /** A filtered subscription goes no further in one step than its next checkpoint. */
  private stepSize(): number {
    const { filter } = this.request;
    return filter ? Math.min(BATCH, filter.checkpointInterval - this.sinceCheckpoint) : BATCH;
  }

  private countTowardsCheckpoint(scanned: number): void {
    const { filter } = this.request;
    if (!filter) return;
    this.sinceCheckpoint += scanned;
    if (this.sinceCheckpoint < filter.checkpointInterval) return;
    this.sinceCheckpoint = 0;
    this.messages.addFramed(checkpoint(positionOf(this.passed())));
  }

  private goLive(): void {
    if (this.sinceCheckpoint > 0) this.messages.addFramed(checkpoint(positionOf(this.passed())));
    this.sinceCheckpoint = 0;
    this.isLive = true;
    this.messages.addFramed(caughtUp());
  }

  private flush(events: readonly StoredEvent[], hasMore: boolean): void {
    const hasRoom = this.messages.isEmpty || this.call.send(this.messages.take());
    for (const event of events) this.onSent(event);
    this.isWaiting = !hasRoom;
    if (hasRoom && hasMore) this.continue();
  }

  /** Goes on in another turn of the event loop, so that a long catch-up does not hold up other calls. */
  private continue(): void {
    this.isWaiting = true;
    setImmediate(() => {
      this.isWaiting = false;
      this.call.guard(() => this.pump());
    });
  }
}
