import { Consumer } from './consumer';
import { type Choice, type ConsumerStrategy, strategyNamed } from './consumer-strategies';
import type { GroupSettings } from './group-settings';
import { MessageQueue } from './message-queue';

/** A message of a group. `Payload` is what is delivered; the state does not look into it. */
export interface Message<Payload> {
  /** Id by which it is acknowledged. */
  readonly id: string;
  /** Revision, or number in the log; undefined for a parked message that is replayed. */
  readonly place: number | undefined;
  readonly payload: Payload;
  /** What it is pinned by. */
  readonly pinnedTo: string;
  retryCount: number;
}

export interface Delivery<Payload> {
  readonly consumer: Consumer;
  readonly message: Message<Payload>;
}

export type NackAction = 'retry' | 'park' | 'skip' | 'stop';

export interface Parking<Payload> {
  readonly message: Message<Payload>;
  readonly reason: string;
}

interface Flight<Payload> {
  readonly message: Message<Payload>;
  readonly consumer: Consumer | undefined;
  readonly expiresAtMs: number;
}

/** Messages passed over, because their consumer is full, before a round of deliveries is given up. */
const LOOK_AHEAD = 64;

/**
 * A group of competing consumers, without clock, disk or network. Each message is in one of: the buffer, the retries, in
 * flight, being parked; and `unresolved` as long as the checkpoint must not pass it.
 */
export class GroupState<Payload> {
  readonly consumers: Consumer[] = [];
  delivered = 0;

  private readonly strategy: ConsumerStrategy<Consumer>;
  private readonly buffer = new MessageQueue<Message<Payload>>();
  private readonly retries = new MessageQueue<Message<Payload>>();
  /** By id, in the order of their time-outs, which all last equally long. */
  private readonly flights = new Map<string, Flight<Payload>>();
  /** Messages read and not yet done with, by place, in the order of reading. */
  private readonly unresolved = new Map<number, Message<Payload>>();
  private resolvedCount = 0;

  constructor(private readonly settings: GroupSettings) {
    this.strategy = strategyNamed(settings.strategy);
  }

  get pinsBy(): ConsumerStrategy<Consumer>['pinsBy'] {
    return this.strategy.pinsBy;
  }
  get buffered(): number {
    return this.buffer.length;
  }
  get retrying(): number {
    return this.retries.length;
  }
  get inFlight(): number {
    return this.flights.size;
  }
  /** Messages done with since the group was loaded. */
  get resolved(): number {
    return this.resolvedCount;
  }

  /** True if another consumer may join. */
  get hasRoomForConsumer(): boolean {
    return this.settings.maxSubscriberCount === 0 || this.consumers.length < this.settings.maxSubscriberCount;
  }

  join(name: string, slots: number): Consumer {
    const consumer = new Consumer(name, slots, this.settings.extraStatistics);
    this.consumers.push(consumer);
    return consumer;
  }

  /** Takes a consumer out; what it held comes again, however often it came before. */
  leave(consumer: Consumer): void {
    const at = this.consumers.indexOf(consumer);
    if (at >= 0) this.consumers.splice(at, 1);
    for (const id of consumer.held) {
      const flight = this.flights.get(id);
      if (!flight) continue;
      this.flights.delete(id);
      this.retry(flight.message);
    }
  }

  /** Adds a message read from the stream, or one that was parked and is replayed. */
  offer(message: Message<Payload>): void {
    if (message.place === undefined) return this.retryLater(message);
    this.unresolved.set(message.place, message);
    this.buffer.push(message);
  }

  /** Assigns as many messages as the consumers have room for. */
  deliver(nowMs: number): Delivery<Payload>[] {
    const deliveries: Delivery<Payload>[] = [];
    if (this.consumers.length === 0) return deliveries;
    for (const queue of [this.retries, this.buffer]) this.deliverFrom(queue, nowMs, deliveries);
    return deliveries;
  }

  /** Whoever holds a message, an answer to it counts: it may have come again to another consumer by then. */
  ack(ids: readonly string[], nowMs: number): Message<Payload>[] {
    const done: Message<Payload>[] = [];
    for (const id of ids) {
      const flight = this.land(id, nowMs);
      if (!flight) continue;
      this.resolve(flight.message);
      done.push(flight.message);
    }
    return done;
  }

  /** Returns what is to be parked; those stay unresolved until `parked` is called. */
  nack(
    ids: readonly string[],
    action: NackAction,
    reason: string,
    nowMs: number,
  ): { parking: Parking<Payload>[]; done: Message<Payload>[] } {
    const parking: Parking<Payload>[] = [];
    const done: Message<Payload>[] = [];
    for (const id of ids) {
      if (action === 'stop') {
        this.abandon(id, nowMs);
        continue;
      }
      const flight = this.land(id, nowMs);
      if (!flight) continue;
      if (action === 'park') parking.push({ message: flight.message, reason });
      else if (action === 'skip') {
        this.resolve(flight.message);
        done.push(flight.message);
      } else this.retryOrPark(flight.message, parking);
    }
    return { parking, done };
  }

  /** Takes back what has timed out. */
  expire(nowMs: number): Parking<Payload>[] {
    const parking: Parking<Payload>[] = [];
    for (const [id, flight] of this.flights) {
      if (flight.expiresAtMs > nowMs) break;
      this.flights.delete(id);
      flight.consumer?.letGo(id, nowMs);
      this.retryOrPark(flight.message, parking);
    }
    return parking;
  }

  /** When the next message times out, or undefined. */
  get nextExpiryMs(): number | undefined {
    for (const flight of this.flights.values())
      return Number.isFinite(flight.expiresAtMs) ? flight.expiresAtMs : undefined;
    return undefined;
  }

  /** Says that a message's parking is on disk. */
  parked(message: Message<Payload>): void {
    this.resolve(message);
  }

  /** The last place with nothing unresolved up to it, given that everything up to `read` was read. */
  checkpoint(read: number): number {
    for (const place of this.unresolved.keys()) return place - 1;
    return read;
  }

  private deliverFrom(queue: MessageQueue<Message<Payload>>, nowMs: number, deliveries: Delivery<Payload>[]): void {
    queue.scan(LOOK_AHEAD, (message) => {
      const choice = this.chooseFor(message);
      if (choice === 'none') return 'stop';
      if (choice === 'later') return 'leave';
      this.launch(choice, message, nowMs);
      deliveries.push({ consumer: choice, message });
      return 'take';
    });
  }

  private chooseFor(message: Message<Payload>): Choice<Consumer> {
    // Two events can have one id; an acknowledgement could not tell them apart, so the second waits for the first.
    if (this.flights.has(message.id)) return 'later';
    return this.strategy.choose(this.consumers, message.pinnedTo);
  }

  private launch(consumer: Consumer, message: Message<Payload>, nowMs: number): void {
    const { messageTimeoutMs } = this.settings;
    const expiresAtMs = messageTimeoutMs > 0 ? nowMs + messageTimeoutMs : Infinity;
    this.flights.set(message.id, { message, consumer, expiresAtMs });
    consumer.take(message.id, nowMs);
    this.delivered++;
  }

  private land(id: string, nowMs: number): Flight<Payload> | undefined {
    const flight = this.flights.get(id);
    if (!flight) return undefined;
    this.flights.delete(id);
    flight.consumer?.letGo(id, nowMs);
    return flight;
  }

  /** The consumer does not want it and says no more: it frees the slot, and the message comes again at its time-out. */
  private abandon(id: string, nowMs: number): void {
    const flight = this.flights.get(id);
    if (!flight) return;
    flight.consumer?.letGo(id, nowMs);
    this.flights.set(id, { ...flight, consumer: undefined });
  }

  private retryOrPark(message: Message<Payload>, parking: Parking<Payload>[]): void {
    const { maxRetryCount } = this.settings;
    if (message.retryCount < maxRetryCount) return this.retry(message);
    parking.push({ message, reason: `Reached retry count of ${maxRetryCount}` });
  }

  private retry(message: Message<Payload>): void {
    message.retryCount++;
    this.retryLater(message);
  }

  /** Retries come in the order of their places, so that a stream's events stay in order as far as they can. */
  private retryLater(message: Message<Payload>): void {
    const place = message.place ?? -1;
    this.retries.insert(message, (other) => (other.place ?? -1) > place);
  }

  private resolve(message: Message<Payload>): void {
    this.resolvedCount++;
    if (message.place !== undefined) this.unresolved.delete(message.place);
  }
}
