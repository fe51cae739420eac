import type { Cursor } from '../reading/cursors';
import type { StreamView } from '../reading/stream-view';
import type { Tail } from '../reading/tail';
import type { StoredEvent } from '../storage/record';
import { EventMessages } from '../wire/event-messages';
import type { GrpcCall } from '../wire/grpc-call';
import { type GrpcError, groupDropped } from '../wire/grpc-status';
import { type IdForm, type ResolvedEvent, eventMetadata, originalEvent } from '../wire/recorded-event';
import { type Checkpointer } from './checkpointer';
import type { Consumer } from './consumer';
import { type GroupDefinition, ALL } from './group-settings';
import { type Message, type NackAction, type Parking, GroupState } from './group-state';
import type { ParkedMessages } from './parked-messages';

/** What is delivered: the event, and where it was parked if it is replayed. */
export interface Payload {
  readonly resolved: ResolvedEvent;
  readonly parkedRevision: number | undefined;
}

/** Events looked at in one go, before other calls get their turn. */
const SCAN = 512;

interface Connection {
  readonly consumer: Consumer;
  readonly call: GrpcCall;
  readonly messages: EventMessages;
}

export interface RunnerParts {
  readonly definition: GroupDefinition;
  readonly cursor: Cursor;
  readonly checkpointer: Checkpointer;
  readonly parked: ParkedMessages;
  readonly view: StreamView;
  readonly tail: Tail;
}

/** A group at work: reads ahead of its consumers, hands out messages, keeps time-outs and the checkpoint. */
export class GroupRunner {
  readonly state: GroupState<Payload>;
  /** Place of the last event read, whether or not it matched; and of the last that matched. */
  lastKnown: number | undefined;

  private readonly connections = new Map<Consumer, Connection>();
  private readonly unwatch: () => void;
  private expiry: NodeJS.Timeout | undefined;
  private isScheduled = false;
  private isStopped = false;
  private read: number;

  constructor(private readonly parts: RunnerParts) {
    this.state = new GroupState(parts.definition.settings);
    this.read = parts.checkpointer.last ?? parts.definition.startAfter;
    this.unwatch = parts.tail.watch(() => {
      if (this.connections.size > 0) this.work();
    });
  }

  get definition(): GroupDefinition {
    return this.parts.definition;
  }
  get checkpointer(): Checkpointer {
    return this.parts.checkpointer;
  }
  get parked(): ParkedMessages {
    return this.parts.parked;
  }
  get isBehind(): boolean {
    return this.connections.size > 0 && this.parts.cursor.isBehind;
  }

  connect(call: GrpcCall, slots: number, ids: IdForm): Consumer {
    const consumer = this.state.join(call.connectionName, slots);
    this.connections.set(consumer, { consumer, call, messages: new EventMessages(ids) });
    call.onDrain = () => {
      consumer.ready = true;
      this.schedule();
    };
    this.schedule();
    return consumer;
  }

  disconnect(consumer: Consumer): void {
    if (!this.connections.delete(consumer) || this.isStopped) return;
    this.state.leave(consumer);
    this.schedule();
  }

  ack(ids: readonly string[]): void {
    this.finished(this.state.ack(ids, Date.now()));
    this.assign();
    this.schedule();
  }

  nack(ids: readonly string[], action: NackAction, reason: string): void {
    const text = `Client explicitly NAK'ed message.\n${reason}`;
    const { parking, done } = this.state.nack(ids, action, text, Date.now());
    this.finished(done);
    this.park(parking);
    this.assign();
    this.schedule();
  }

  /** Delivers parked messages again, those before revision `stopAt` of their stream; undefined for all. */
  replayParked(stopAt: number | undefined): void {
    for (const { revision, resolved } of this.parts.parked.replay(stopAt)) {
      const message = this.messageOf(resolved, revision);
      // A link that leads nowhere any more has nothing to deliver.
      if (resolved.event) this.state.offer(message);
      else this.parts.parked.replayed(revision);
    }
    this.schedule();
  }

  /** Ends the group's work: each consumer's call ends with `error`. The checkpoint is written as far as it has come. */
  async stop(error?: GrpcError): Promise<void> {
    const { stream, group } = this.definition;
    this.isStopped = true;
    this.unwatch();
    clearTimeout(this.expiry);
    for (const { call } of this.connections.values()) call.fail(error ?? groupDropped(stream, group));
    this.connections.clear();
    await this.parts.checkpointer.finish(this.state.checkpoint(this.read));
  }

  /** Works in a turn of its own, so that what answers that arrive together bring goes out together. */
  private schedule(): void {
    if (this.isScheduled || this.isStopped) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.work();
    });
  }

  private work(): void {
    if (this.isStopped) return;
    this.park(this.state.expire(Date.now()));
    const hasMore = this.readAhead();
    this.deliver();
    this.armExpiry();
    this.parts.checkpointer.consider(
      () => this.state.checkpoint(this.read),
      () => this.state.resolved,
      this.read,
    );
    if (hasMore) this.schedule();
  }

  /** Fills the buffer; true if there may be more to read now. */
  private readAhead(): boolean {
    const { historyBufferSize } = this.definition.settings;
    // Reading for one free place at a time would cost a look-up an event.
    if (this.state.buffered > historyBufferSize / 2) return false;
    let budget = SCAN;
    while (this.connections.size > 0 && this.state.buffered < historyBufferSize) {
      const { events, scanned } = this.parts.cursor.advance(
        Math.min(SCAN, budget),
        historyBufferSize - this.state.buffered,
      );
      if (scanned === 0) return false;
      for (const event of events) this.offer(event);
      this.read = Math.max(this.read, this.parts.cursor.place);
      budget -= scanned;
      if (budget <= 0) return true;
    }
    return false;
  }

  private offer(event: StoredEvent): void {
    const { settings } = this.definition;
    const resolved = settings.resolveLinks ? this.parts.view.resolve(event) : { event, link: undefined };
    const message = this.messageOf(resolved, undefined);
    this.lastKnown = message.place;
    this.state.offer(message);
  }

  private messageOf(resolved: ResolvedEvent, parkedRevision: number | undefined): Message<Payload> {
    const original = originalEvent(resolved);
    const place = this.definition.stream === ALL ? original.sequence : original.revision;
    return {
      id: original.id,
      place: parkedRevision === undefined ? place : undefined,
      payload: { resolved, parkedRevision },
      pinnedTo: this.pinOf(resolved),
      retryCount: 0,
    };
  }

  private pinOf(resolved: ResolvedEvent): string {
    const event = resolved.event ?? originalEvent(resolved);
    if (this.state.pinsBy === 'nothing') return '';
    return this.state.pinsBy === 'stream' ? event.stream : (correlationOf(event) ?? event.stream);
  }

  /** Each answer frees a slot, and what goes there is decided then: a retry comes before everything that is new. */
  private assign(): void {
    for (const { consumer, message } of this.state.deliver(Date.now())) {
      this.connections.get(consumer)?.messages.add(message.payload.resolved, message.retryCount);
    }
  }

  private deliver(): void {
    this.assign();
    for (const { consumer, call, messages } of this.connections.values()) {
      if (!messages.isEmpty && !call.send(messages.take())) consumer.ready = false;
    }
  }

  private finished(messages: readonly Message<Payload>[]): void {
    for (const { payload } of messages) {
      if (payload.parkedRevision !== undefined) this.parts.parked.replayed(payload.parkedRevision);
    }
  }

  private park(parking: readonly Parking<Payload>[]): void {
    for (const { message, reason } of parking) {
      this.parts.parked.park(message.payload.resolved, reason, () => {
        this.state.parked(message);
        this.finished([message]);
        this.schedule();
      });
    }
  }

  /** One timer a group, for the message that times out first; none while nothing is in flight. */
  private armExpiry(): void {
    const next = this.state.nextExpiryMs;
    if (this.expiry || next === undefined) return;
    const wait = Math.min(Math.max(1, next - Date.now()), 0x7fffffff);
    this.expiry = setTimeout(() => {
      this.expiry = undefined;
      this.work();
    }, wait);
  }
}

function correlationOf(event: StoredEvent): string | undefined {
  try {
    const metadata: unknown = JSON.parse(eventMetadata(event).toString('utf8'));
    if (typeof metadata !== 'object' || metadata === null || !('$correlationId' in metadata)) return undefined;
    return typeof metadata.$correlationId === 'string' ? metadata.$correlationId : undefined;
  } catch {
    // Metadata that is no JSON carries no correlation: the event is pinned by its stream.
    return undefined;
  }
}
