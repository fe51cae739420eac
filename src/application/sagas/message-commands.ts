import { Inject, Injectable } from '@nestjs/common';
import type { MessageCommand } from '../../domain/message/commands';
import { messageDecider } from '../../domain/message/decider';
import type { MessageEvent } from '../../domain/message/events';
import { isLive } from '../../domain/message/state';
import type { Actor, EventMetadata } from '../../domain/shared/event';
import { streams } from '../../domain/shared/streams';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, StoreUnavailable, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import type { CommandContext } from '../ports/wallets';
import { runDecider } from '../shared/run-decider';
import { MessageMemory, type KnownMessage } from './message-memory';

/** What must be known is tried again for so long while the store is away; then a claim speaks for itself. */
const KEEP_TRYING_MS = 600_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** What woke a process manager. */
export interface Cause {
  /** UUID of the event or report; a random one for an alarm. */
  readonly id: string;
  readonly actor: Actor;
}

export interface Carried {
  readonly message: KnownMessage;
  /** Empty: the command had been carried out before, or came too late. */
  readonly events: readonly MessageEvent[];
}

/** Carries out a message's commands from what is known of it, and remembers what came of them. */
@Injectable()
export class MessageCommands {
  private stopping = false;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly memory: MessageMemory,
  ) {}

  /** A command id derived from the cause, the same each time that it comes. */
  context(message: KnownMessage, cause: Cause, name: string, timeoutMs?: number): CommandContext {
    return this.contextOf(message, cause, this.ids.derived(cause.id, name), timeoutMs);
  }

  /** A command id made for this one delivery: for a claim, which must never be mistaken for another's. */
  randomContext(message: KnownMessage, cause: Cause, timeoutMs?: number): CommandContext {
    return this.contextOf(message, cause, this.ids.uuid(), timeoutMs);
  }

  private contextOf(
    { state, correlationId }: KnownMessage,
    { id, actor }: Cause,
    commandId: string,
    timeoutMs: number | undefined,
  ): CommandContext {
    const customerId = isLive(state) ? state.order.customerId : null;
    const metadata: EventMetadata = { correlationId, causationId: id, customerId, actor, at: this.clock.iso() };
    return { commandId, metadata, timeoutMs };
  }

  /** @throws DomainError where the decider refuses; WrongExpectedRevision, StoreUnavailable, StreamDeleted */
  async run(known: KnownMessage, command: MessageCommand, context: CommandContext): Promise<Carried> {
    const { state, revision, events } = await runDecider(this.store, this.ids, {
      decider: messageDecider,
      stream: streams.message(known.messageId),
      command,
      context,
      known,
    });
    if (revision === 'no_stream') return { message: known, events };
    const { messageId, correlationId, acceptedAt } = known;
    const message: KnownMessage = { messageId, state, revision, correlationId, acceptedAt };
    this.memory.put(message);
    return { message, events };
  }

  /** From here on nothing is tried again. */
  stop(): void {
    this.stopping = true;
  }

  /**
   * As `run`, and again with the same ids for as long as the store does not say what became of it. With `onlyUnknown` an
   * append that was certainly not written is the caller's at once.
   */
  async runForSure(
    known: KnownMessage,
    command: MessageCommand,
    context: CommandContext,
    { onlyUnknown = false } = {},
  ): Promise<Carried> {
    const untilMs = this.clock.monotonicMs() + KEEP_TRYING_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        return await this.run(known, command, context);
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || this.stopping || this.clock.monotonicMs() >= untilMs) throw error;
        if (onlyUnknown && error.outcome === 'none') throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}
