import { Inject, Injectable } from '@nestjs/common';
import type { MessageCommand } from '../../domain/message/commands';
import { OPEN_CALL_WITHIN_MS, rowOfTries } from '../../domain/message/dispatching';
import { isLive, type Attempt, type Order } from '../../domain/message/state';
import { epochMs } from '../../domain/shared/instants';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { LOGGER, type Logger } from '../ports/logger';
import { METRICS, type Metrics } from '../ports/metrics';
import { PROVIDER_ANSWERS, type ProviderAnswers } from '../ports/provider-answers';
import { PROVIDER_HEALTH, type ProviderHealth } from '../ports/provider-health';
import type { SmsGateway, SubmissionOutcome } from '../ports/sms-gateway';
import { ERASED } from '../ports/subject-vault';
import type { Slot } from '../routing/bulkhead';
import { MessageCommands, type Cause } from './message-commands';
import type { KnownMessage } from './message-memory';
import { RecentDispatches } from './recent-dispatches';
import { keepUnread } from './unread-answers';

/** Share by which a pause may be longer or shorter. */
const JITTER = 0.2;

/** A claim that was won, and what its call needs. */
export interface WonClaim {
  readonly message: KnownMessage;
  readonly order: Order;
  readonly attempt: Attempt;
  readonly gateway: SmsGateway;
  /** E.164 and the text, in clear: never logged, never kept. */
  readonly to: string;
  readonly body: string;
  /** Monotonic milliseconds: before the claim was appended. */
  readonly claimedAtMs: number;
  readonly slot: Slot;
}

type Refused = Extract<SubmissionOutcome, { kind: 'refused' }>;

const refusal = (failureClass: Refused['class'], code: string, failureCode: string, reason: string): Refused => ({
  kind: 'refused',
  class: failureClass,
  scope: null,
  code,
  failureCode,
  reason,
  byProvider: false,
  retryAfterSeconds: null,
});
const TOO_LATE = refusal('R', 'claim_too_late', 'provider_unavailable', 'the call was not made in time');
const ERASED_RECIPIENT = refusal('P', 'recipient_erased', 'recipient_erased', 'the recipient has been erased');

/** The owner's one call, and its outcome in the log. */
@Injectable()
export class ProviderCall {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(PROVIDER_HEALTH) private readonly health: ProviderHealth,
    @Inject(PROVIDER_ANSWERS) private readonly answers: ProviderAnswers,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly commands: MessageCommands,
    private readonly recent: RecentDispatches,
  ) {}

  /**
   * @param before what must have ended before the outcome is known to others: whoever goes on from it may raise the price
   * that is being lowered for this call, and a lower price that lands after that leaves too little for the debit.
   */
  async make(claim: WonClaim, cause: Cause, before: Promise<void>): Promise<void> {
    const outcome = await this.outcomeOf(claim);
    claim.slot.release();
    await before;
    const { order, attempt, message, gateway } = claim;
    const command = this.commandFor(claim, outcome);
    const context = this.commands.context(message, cause, `outcome:${attempt.number}`);
    const noted =
      outcome.kind === 'accepted'
        ? this.recent.expect(gateway.name, outcome.providerMessageId, order.messageId)
        : () => undefined;
    try {
      // What a provider has said must not be lost because the store is away for a while.
      const { events } = await this.commands.runForSure(message, command, context);
      if (events.length > 0 || outcome.kind !== 'accepted') return;
      const { messageId } = order;
      this.logger.warn({ messageId, attempt: attempt.number }, 'a late answer came after its message had gone on');
    } finally {
      noted();
    }
  }

  private async outcomeOf(claim: WonClaim): Promise<SubmissionOutcome> {
    const { order, attempt, gateway, to, body } = claim;
    if (to === ERASED || body === ERASED) return this.unmade(claim, ERASED_RECIPIENT);
    if (this.clock.monotonicMs() - claim.claimedAtMs > OPEN_CALL_WITHIN_MS) return this.unmade(claim, TOO_LATE);
    const leftMs = epochMs(order.validUntil) - this.clock.now();
    claim.slot.begin();
    const [submittedAtMs, startedMs] = [this.clock.now(), this.clock.monotonicMs()];
    const outcome = await gateway.submit({
      to,
      from: order.sender,
      body,
      encoding: order.encoding,
      messageId: order.messageId,
      attempt: attempt.number,
      validForSeconds: Math.max(1, Math.floor(leftMs / 1000)),
    });
    this.health.record(gateway.name, outcome, {
      customerId: order.customerId,
      sender: order.sender,
      destination: to,
      submittedAtMs,
      tookMs: this.clock.monotonicMs() - startedMs,
    });
    this.metrics.dispatch(gateway.name, outcome.kind, outcome.kind === 'refused' ? outcome.class : '');
    const { messageId } = order;
    keepUnread(this.answers, outcome, { provider: gateway.name, messageId, attempt: attempt.number, to });
    return outcome;
  }

  private unmade({ gateway, order, to }: WonClaim, outcome: Refused): Refused {
    this.health.giveBack(order.mode, gateway.tier, to);
    this.metrics.dispatch(gateway.name, outcome.kind, outcome.class);
    return outcome;
  }

  private commandFor(claim: WonClaim, outcome: SubmissionOutcome): MessageCommand {
    const attempt = claim.attempt.number;
    const graceSeconds = this.configuration.reportGraceSeconds;
    if (outcome.kind === 'unknown') return { type: 'RecordUnknown', data: { attempt, graceSeconds } };
    if (outcome.kind === 'accepted') {
      const { providerMessageId, providerCost } = outcome;
      return { type: 'RecordAccepted', data: { attempt, providerMessageId, providerCost, graceSeconds } };
    }
    const { class: failureClass, scope, code, reason, failureCode, byProvider } = outcome;
    const retryDelayMs = this.retryDelayMs(claim, outcome);
    const known = { attempt, class: failureClass, scope, code, reason, failureCode, byProvider };
    return { type: 'RecordRefused', data: { ...known, at: this.clock.iso(), retryDelayMs } };
  }

  /** Null where the provider's circuit has just opened: its retries would wait for nothing. */
  private retryDelayMs({ message, order, attempt, to }: WonClaim, outcome: Refused): number | null {
    if (outcome.class !== 'R' || !isLive(message.state)) return null;
    const request = { sender: order.sender, destination: to, failedOver: false, take: false };
    if (!this.health.permits(order.mode, attempt.tier, request)) return null;
    const { retryDelaysMs } = this.configuration;
    const { retries } = rowOfTries(message.state, attempt);
    const pauseMs = retryDelaysMs[Math.min(retries, retryDelaysMs.length - 1)] ?? 0;
    const jittered = pauseMs * (1 + JITTER * (2 * Math.random() - 1));
    return Math.round(Math.max(jittered, (outcome.retryAfterSeconds ?? 0) * 1000));
  }
}
