import type { StoredEvent } from '../storage/record';
import { TOMBSTONE_REVISION, sequenceAt } from '../storage/revision';
import { EventMessages } from '../wire/event-messages';
import type { GrpcCall } from '../wire/grpc-call';
import { GrpcCode, GrpcError, streamDeleted } from '../wire/grpc-status';
import { type ReadRequest, type StartPoint, readReadRequest } from '../wire/read-request';
import { firstStreamPosition, lastStreamPosition, streamNotFound } from '../wire/read-response';
import { AllCursor, StreamCursor } from './cursors';
import { compileFilter } from './event-filter';
import type { StreamView } from './stream-view';
import { Subscription } from './subscription';
import type { Tail } from './tail';

/** Events fetched in one go: enough for a full write, few enough that other calls get their turn. */
const BATCH = 256;

/** Yields batches of events; an empty one only gives others their turn. */
type Batches = Generator<readonly StoredEvent[], void>;

/** Serves `Streams.Read`: reads and catch-up subscriptions of streams and of `$all`. */
export class ReadService {
  constructor(
    private readonly view: StreamView,
    private readonly tail: Tail,
  ) {}

  serve(call: GrpcCall): void {
    let begun = false;
    call.onMessage = (message) => {
      if (begun) return;
      begun = true;
      const request = readReadRequest(message);
      if (request.count === undefined) this.subscribe(call, request);
      else if (request.stream === undefined) this.readAll(call, request, request.count);
      else this.readStream(call, request, request.stream, request.count);
    };
  }

  private readStream(call: GrpcCall, request: ReadRequest, stream: string, count: number): void {
    const { backwards, positions } = request;
    if (count === 0 || (request.from === 'end' && !backwards)) throw unexpectedResult('ReadStreamResult: Error');
    const state = this.view.state(stream);
    if (state.kind === 'deleted') throw streamDeleted(stream);
    if (state.kind === 'missing') {
      call.send(streamNotFound(stream));
      return call.finish();
    }
    const from = request.from === 'start' ? 0 : request.from === 'end' ? state.last : request.from;
    this.pump(call, request, this.streamBatches(stream, from, backwards, count), (sent) => {
      if (!positions) return;
      if (sent === 0 && !backwards) call.send(firstStreamPosition(state.last + 1));
      call.send(lastStreamPosition(state.last));
    });
  }

  private *streamBatches(stream: string, from: number, backwards: boolean, count: number): Batches {
    let next: number | undefined = from;
    while (next !== undefined && count > 0) {
      const read: { events: StoredEvent[]; next: number | undefined } = this.view.read(
        stream,
        next,
        backwards,
        Math.min(BATCH, count),
      );
      count -= read.events.length;
      next = read.next;
      yield read.events;
    }
  }

  private readAll(call: GrpcCall, request: ReadRequest, count: number): void {
    if (count === 0) throw unexpectedResult('ReadAllResult: Error');
    const batches = request.backwards ? this.allBackwards(request, count) : this.allForwards(request, count);
    this.pump(call, request, batches, () => undefined);
  }

  private allForwards(request: ReadRequest, count: number): Batches {
    const passed = request.from === 'end' ? this.tail.lastSequence : this.sequenceBefore(request.from);
    const cursor = new AllCursor(this.tail, passed, request.filter && compileFilter(request.filter.filter));
    const end = this.tail.lastSequence;
    return (function* (): Batches {
      // What is written after the read began is not part of it: a read of a busy log has an end.
      while (count > 0 && cursor.passed < end) {
        const { events, scanned } = cursor.advance(Math.min(BATCH, end - cursor.passed), count);
        if (scanned === 0) return;
        count -= events.length;
        yield events;
      }
    })();
  }

  /** Backwards from a position leaves that position itself out, as in EventStoreDB. */
  private allBackwards(request: ReadRequest, count: number): Batches {
    const { tail } = this;
    const matches = request.filter ? compileFilter(request.filter.filter) : () => true;
    let next = request.from === 'end' ? tail.lastSequence : this.sequenceBefore(request.from);
    return (function* (): Batches {
      while (count > 0 && next > 0) {
        const first = Math.max(1, next - Math.min(BATCH, request.filter ? BATCH : count) + 1);
        const events: StoredEvent[] = [];
        for (let sequence = next; sequence >= first && count > 0; sequence--) {
          const event = tail.event(sequence);
          if (!event || !matches(event)) continue;
          events.push(event);
          count--;
        }
        next = first - 1;
        yield events;
      }
    })();
  }

  private subscribe(call: GrpcCall, request: ReadRequest): void {
    if (request.stream !== undefined) return this.subscribeToStream(call, request, request.stream);
    // A subscription starts behind the position it names.
    const { lastSequence } = this.tail;
    const passed = request.from === 'end' ? lastSequence : Math.min(lastSequence, this.exactSequence(request.from));
    const cursor = new AllCursor(this.tail, passed, request.filter && compileFilter(request.filter.filter));
    new Subscription(call, request, cursor, this.view, this.tail, () => cursor.passed).start();
  }

  private subscribeToStream(call: GrpcCall, request: ReadRequest, stream: string): void {
    const state = this.view.state(stream);
    if (state.kind === 'deleted') throw streamDeleted(stream);
    const last = state.kind === 'present' ? state.last : -1;
    const { from } = request;
    const next = from === 'start' ? 0 : from === 'end' ? last + 1 : from + 1;
    const cursor = new StreamCursor(this.view, this.tail, stream, next);
    const subscription = new Subscription(call, request, cursor, this.view, this.tail, () => 0);
    subscription.onSent = (event) => {
      if (event.revision === TOMBSTONE_REVISION) call.fail(streamDeleted(stream));
    };
    subscription.start();
  }

  /** Sends batch after batch, no faster than the client takes them, then what `atEnd` sends. */
  private pump(call: GrpcCall, request: ReadRequest, batches: Batches, atEnd: (sent: number) => void): void {
    let sent = 0;
    const messages = new EventMessages(request.ids);
    const step = (): void => {
      const { value: events, done } = batches.next();
      if (done || !events) {
        atEnd(sent);
        return call.finish();
      }
      for (const event of events)
        messages.add(request.resolveLinks ? this.view.resolve(event) : { event, link: undefined });
      sent += events.length;
      const room = messages.isEmpty || call.send(messages.take());
      if (room && call.isOpen) setImmediate(() => call.guard(step));
    };
    call.onDrain = step;
    step();
  }

  /** Number of the event before the one at this position. */
  private sequenceBefore(from: StartPoint): number {
    return Math.max(0, this.exactSequence(from) - (from === 'start' ? 0 : 1));
  }

  private exactSequence(from: StartPoint): number {
    if (typeof from !== 'number') return 0;
    const sequence = sequenceAt(from);
    if (sequence !== undefined && sequence <= this.tail.lastSequence) return sequence;
    const beyond = sequenceAt(from - (from % 64)) as number;
    if (beyond > this.tail.lastSequence) return this.tail.lastSequence + 1;
    throw unexpectedResult('ReadAllResult: InvalidPosition');
  }
}

const unexpectedResult = (what: string): GrpcError => new GrpcError(GrpcCode.Unknown, `Unexpected ${what}`);
