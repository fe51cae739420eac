import { Inject, Injectable } from '@nestjs/common';
import { messageDecider } from '../../domain/message/decider';
import type { MessageEvent, MessageQueued } from '../../domain/message/events';
import { evolveMessage, initialMessage, type MessageState } from '../../domain/message/state';
import { RecentMap } from '../../domain/shared/recent-map';
import { streams } from '../../domain/shared/streams';
import { EVENT_STORE, type EventStore, type RecordedEvent } from '../ports/event-store';
import { readOn } from '../shared/run-decider';

/** A message as this process knows it. It may have gone on since: an append at `revision` finds that out. */
export interface KnownMessage {
  readonly messageId: string;
  readonly state: MessageState;
  readonly revision: bigint;
  readonly correlationId: string;
  /** ISO; of its first event. */
  readonly acceptedAt: string;
}

/** About three kilobytes each. */
const MOST_MESSAGES = 8_000;

/** What a message's own events say, kept from one step of it to the next, so that no stream is read while all goes well. */
@Injectable()
export class MessageMemory {
  private readonly messages = new RecentMap<string, KnownMessage>(MOST_MESSAGES);

  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  /** The event alone says all: what may stand before it in the stream concerns other reservations. */
  fromQueued(event: RecordedEvent): KnownMessage {
    const { messageId } = event.data as MessageQueued['data'];
    const known = this.messages.get(messageId);
    if (known !== undefined && known.revision >= event.revision) return known;
    const state = evolveMessage(initialMessage, { type: event.type, data: event.data } as MessageQueued);
    const { correlationId, at: acceptedAt } = event.metadata;
    return { messageId, state, revision: event.revision, correlationId, acceptedAt };
  }

  put(message: KnownMessage): void {
    const known = this.messages.get(message.messageId);
    if (known !== undefined && known.revision > message.revision) return;
    this.messages.set(message.messageId, message);
  }

  /** As known here, if it is. */
  known(messageId: string): KnownMessage | null {
    return this.messages.get(messageId) ?? null;
  }

  /** As known here; from the stream where nothing is. Null: there is no such message. */
  async load(messageId: string): Promise<KnownMessage | null> {
    return this.messages.get(messageId) ?? this.read(messageId);
  }

  /** As it was after one of its own events, or later. Null: there is no such message. */
  async after(event: RecordedEvent): Promise<KnownMessage | null> {
    const { messageId } = event.data as MessageEvent['data'];
    const known = this.messages.get(messageId);
    if (known === undefined || known.revision + 1n < event.revision) return this.read(messageId);
    if (known.revision >= event.revision) return known;
    // A subscription is often quicker than the answer to the append that made the event, and says the same.
    const { type, data, revision } = event;
    const state = evolveMessage(known.state, { type, data } as MessageEvent);
    const { correlationId, acceptedAt } = known;
    const message: KnownMessage = { messageId, state, revision, correlationId, acceptedAt };
    this.put(message);
    return message;
  }

  /** From the stream, whatever is known here. */
  async read(messageId: string): Promise<KnownMessage | null> {
    const stream = streams.message(messageId);
    const known = this.messages.get(messageId);
    if (known !== undefined) {
      const { state, revision } = await readOn(this.store, messageDecider, stream, known);
      if (revision === 'no_stream') return null;
      const message = { ...known, state, revision };
      this.put(message);
      return message;
    }
    const recorded = await this.store.readStream<MessageEvent>(stream);
    const first = recorded.at(0);
    const last = recorded.at(-1);
    if (first === undefined || last === undefined) return null;
    let state = initialMessage;
    // The codec has checked that each payload is that of its type.
    for (const { type, data } of recorded) state = evolveMessage(state, { type, data } as MessageEvent);
    const { correlationId, at: acceptedAt } = first.metadata;
    const message = { messageId, state, revision: last.revision, correlationId, acceptedAt };
    this.put(message);
    return message;
  }
}
