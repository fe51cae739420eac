import { walletDecider } from '../../domain/wallet/decider';
import type { WalletEvent } from '../../domain/wallet/events';
import type { WalletState } from '../../domain/wallet/state';
import type { EventMetadata } from '../../domain/shared/event';
import type { NewEvent } from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import { newEvents } from '../shared/new-events';
import type { WaitingCommand } from './wallet-queue';

const MAX_COMMANDS = 200;
const MAX_BYTES = 256 * 1_024;
/** Ids, amounts and member names of an event and its metadata, as JSON and with its envelope: measured, rounded up. */
const EVENT_BYTES = 700;
/** A UTF-16 code unit in JSON at its worst: `\u0000`. */
const BYTES_PER_UNIT = 6;

/** Commands decided one after the other, and what goes into one append for them. */
export class WalletBatch {
  readonly commands: WaitingCommand[] = [];
  /** The latest of the commands' deadlines, monotonic milliseconds: one that is nearly over must not cut the others short. */
  deadlineAt = 0;
  private readonly eventsOf: (readonly WalletEvent[])[] = [];
  private bytes = 0;
  private isClosed = false;

  /** `state`: the wallet as the commands so far leave it. */
  constructor(public state: WalletState) {}

  get isFull(): boolean {
    return this.isClosed || this.commands.length >= MAX_COMMANDS;
  }

  /** @returns false where it does not fit any more; a command alone always does. */
  add(item: WaitingCommand, events: readonly WalletEvent[]): boolean {
    let bytes = 0;
    for (const event of events) bytes += bytesOf(event, item.context.metadata);
    if (this.commands.length > 0 && this.bytes + bytes > MAX_BYTES) {
      // Closed for those behind it too, or a long one would be overtaken again and again.
      this.isClosed = true;
      return false;
    }
    for (const event of events) this.state = walletDecider.evolve(this.state, event);
    this.commands.push(item);
    this.eventsOf.push(events);
    this.bytes += bytes;
    this.deadlineAt = Math.max(this.deadlineAt, item.deadlineAt);
    return true;
  }

  /** Ids are derived from the command's, so they are the same however often it is decided again. */
  newEvents(ids: IdSource): NewEvent<WalletEvent>[] {
    const all: NewEvent<WalletEvent>[] = [];
    for (const [i, { context }] of this.commands.entries()) {
      all.push(...newEvents(ids, context, this.eventsOf[i] ?? []));
    }
    return all;
  }
}

/** At most what the event takes in the store. Only a note and what the caller chose in the metadata can be long. */
function bytesOf(event: WalletEvent, metadata: EventMetadata): number {
  const note = 'note' in event.data ? (event.data.note?.length ?? 0) : 0;
  return EVENT_BYTES + BYTES_PER_UNIT * (note + metadata.correlationId.length + metadata.actor.id.length);
}
