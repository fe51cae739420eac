import { Inject, Injectable } from '@nestjs/common';
import type { DispatchFailed, MessageEvent, MessageOutcomeUnknown } from '../../domain/message/events';
import { openTiers } from '../../domain/message/candidates';
import { nextStep, type NextStep } from '../../domain/message/next-step';
import { isLive, type LiveMessage } from '../../domain/message/state';
import type { Tier } from '../../domain/routing/tiers';
import { epochMs } from '../../domain/shared/instants';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import type { RecordedEvent } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { SMS_GATEWAYS, type SmsGateways } from '../ports/sms-gateway';
import { TIMERS, type Timer, type TimerPurpose, type Timers } from '../ports/timers';
import { Affordability } from './affordability';
import { ClaimMaker } from './claim-maker';
import { Inquiry } from './inquiry';
import { MessageCommands, type Cause } from './message-commands';
import { MessageMemory, type KnownMessage } from './message-memory';
import { DueMessages } from './due-messages';
import { WaitingRoom } from './waiting-room';

/** A message that does not come to rest within so many steps is somebody's defect: it comes again, and is parked in the end. */
const MOST_STEPS = 8;
const ACTOR = { kind: 'system', id: 'dispatcher' } as const;
/** For one whose alarm rings while it is in line. */
const IN_LINE_AGAIN_MS = 10_000;

/**
 * Failover, retries and deadlines of one message at a time. Whatever wakes it (an event, an alarm, a circuit), it asks the
 * message's own history what is next, and does that; so an event that comes twice, late or out of order does nothing.
 */
@Injectable()
export class Dispatcher {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(SMS_GATEWAYS) private readonly gateways: SmsGateways,
    @Inject(TIMERS) private readonly timers: Timers,
    private readonly memory: MessageMemory,
    private readonly commands: MessageCommands,
    private readonly claims: ClaimMaker,
    private readonly affordability: Affordability,
    private readonly waitingRoom: WaitingRoom,
    private readonly due: DueMessages,
    private readonly inquiry: Inquiry,
  ) {}

  async onEvent(event: RecordedEvent): Promise<void> {
    const cause: Cause = { id: event.id, actor: ACTOR };
    if (typeOf(event) === 'MessageQueued') return this.advance(this.memory.fromQueued(event), cause, null);
    if (typeOf(event) === 'MessageOutcomeUnknown') {
      const { final } = event.data as MessageOutcomeUnknown['data'];
      if (!final) await this.inquiry.begin(event);
    }
    if (!concernsDispatch(event)) return;
    const message = await this.memory.after(event);
    if (message !== null) await this.advance(message, cause, null);
  }

  async onTimer(timer: Timer): Promise<void> {
    if (timer.purpose === 'inquiry') return this.inquiry.ask(timer);
    if (timer.purpose === 'wait' && this.waitingRoom.isInLine(timer.messageId)) {
      // A provider is back, and it would overtake those that are older. Should its turn come to nothing, it rings again: soon,
      // since its validity may be over by then.
      const dueAt = new Date(this.clock.now() + IN_LINE_AGAIN_MS).toISOString();
      return this.timers.set({ ...timer, dueAt }, true);
    }
    return this.wake(timer.messageId, null);
  }

  /** `opened`: the tier that takes messages again. */
  async wake(messageId: string, opened: Tier | null): Promise<void> {
    const message = await this.memory.load(messageId);
    if (message !== null) await this.advance(message, { id: this.ids.uuid(), actor: ACTOR }, opened);
  }

  private async advance(from: KnownMessage, cause: Cause, opened: Tier | null): Promise<void> {
    let message: KnownMessage | null = from;
    for (let step = 1; message !== null && isLive(message.state); step++) {
      if (step > MOST_STEPS) throw new Error(`${message.messageId} does not come to rest`);
      const state: LiveMessage = message.state;
      const next = nextStep(state, {
        nowMs: this.clock.now(),
        waitMs: this.configuration.waitRetryMs,
        opened,
        shut: this.claims.shutTiers(state),
        hours: this.configuration.promotion.hours,
      });
      message = await this.take(next, message, state, cause);
    }
  }

  /** @returns the message as it is then where there is more to do at once; null where it rests. */
  private async take(
    next: NextStep,
    message: KnownMessage,
    state: LiveMessage,
    cause: Cause,
  ): Promise<KnownMessage | null> {
    const at = this.clock.iso();
    const { reportGraceSeconds: graceSeconds } = this.configuration;
    switch (next.kind) {
      case 'nothing':
        return null;
      case 'dispatch':
        return this.dispatch(next.tiers, message, state, cause);
      case 'await_time':
        return this.rest(message, 0, 'send_at', next.at);
      case 'release':
        return this.due.release(message, state, cause);
      case 'await_outcome': {
        const { attempt, examineAt } = next;
        if (this.clock.now() < epochMs(examineAt)) return this.rest(message, attempt, 'claim', examineAt);
        const context = this.commands.context(message, cause, `examine:${attempt}`);
        const data = { attempt, at, graceSeconds };
        return (await this.commands.run(message, { type: 'ExamineClaim', data }, context)).message;
      }
      case 'await_report':
        // Its alarm is set when the provider accepts it; this one was early, by a clock that was ahead.
        return this.rest(message, state.attempts.length, 'report_deadline', next.deadline);
      case 'retry':
        this.waitingRoom.waitsToRetry(this.providerAt(state, next.tier), message);
        return this.rest(message, state.attempts.length, 'retry', next.at);
      case 'resend':
        return this.rest(message, state.attempts.length, 'resend', next.at);
      case 'wait':
        return this.wait(message, state, epochMs(next.until));
      case 'close': {
        const context = this.commands.context(message, cause, 'close');
        return (await this.commands.run(message, { type: 'CloseAtReportDeadline', data: { at } }, context)).message;
      }
      case 'expire': {
        const moneyOnly = await this.affordability.onlyMoneyIsMissing(state);
        const context = this.commands.context(message, cause, 'expire');
        return (await this.commands.run(message, { type: 'Expire', data: { at, moneyOnly } }, context)).message;
      }
    }
  }

  private async dispatch(
    tiers: readonly Tier[],
    message: KnownMessage,
    state: LiveMessage,
    cause: Cause,
  ): Promise<KnownMessage | null> {
    const claim = await this.claims.claim(tiers, message, state, cause);
    switch (claim.kind) {
      case 'called':
        // The event of its outcome wakes whoever goes on from here.
        return null;
      case 'lost':
        return this.memory.read(message.messageId);
      case 'none':
        return this.wait(message, state, this.clock.now() + this.configuration.waitRetryMs);
    }
  }

  /** No tier takes it now, or it is not the hour: it tries again later, and when one opens. */
  private wait(message: KnownMessage, state: LiveMessage, untilMs: number): Promise<null> {
    const providers = openTiers(state).map((tier) => this.providerAt(state, tier));
    this.waitingRoom.waitsFor(providers, message);
    const dueMs = Math.min(untilMs, epochMs(state.order.validUntil));
    const dueAt = new Date(Math.max(dueMs, this.clock.now())).toISOString();
    return this.rest(message, state.attempts.length, 'wait', dueAt);
  }

  private async rest(
    { messageId }: KnownMessage,
    attempt: number,
    purpose: TimerPurpose,
    dueAt: string,
  ): Promise<null> {
    // These two move; every other stands for one attempt, and is set once.
    const moves = purpose === 'wait' || purpose === 'send_at';
    await this.timers.set({ messageId, attempt, purpose, dueAt }, moves);
    return null;
  }

  private providerAt(state: LiveMessage, tier: Tier): string {
    return this.gateways.forTier(state.order.mode, tier)?.name ?? tier;
  }
}

/**
 * What `onEvent` does something with: nothing else is handed to it, and a comparison with anything else does not compile. All
 * other events follow from what is done here.
 */
export const DISPATCHER_EVENTS = [
  'MessageQueued',
  'MessageScheduled',
  'MessageRescheduled',
  'DispatchFailed',
  'MessageOutcomeUnknown',
] as const satisfies readonly MessageEvent['type'][];

const typeOf = (event: RecordedEvent): (typeof DISPATCHER_EVENTS)[number] =>
  event.type as (typeof DISPATCHER_EVENTS)[number];

/** Events after which something may have to be done at once or later; all others follow from what is done here. */
function concernsDispatch(event: RecordedEvent): boolean {
  const type = typeOf(event);
  if (type === 'MessageScheduled' || type === 'MessageRescheduled') return true;
  if (type === 'DispatchFailed') return (event.data as DispatchFailed['data']).class !== 'P';
  if (type !== 'MessageOutcomeUnknown') return false;
  const { final, resendAt } = event.data as MessageOutcomeUnknown['data'];
  return !final && resendAt !== null;
}
