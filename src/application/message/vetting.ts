import { Inject, Injectable } from '@nestjs/common';
import { fraudScore, type FraudScore } from '../../domain/fraud/score';
import type { RiskNote } from '../../domain/message/events';
import { DomainError } from '../../domain/shared/domain-error';
import type { Signals } from '../ports/admission';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { LOGGER, type Logger } from '../ports/logger';
import type { MessageDraft } from './message-draft';

/** What a caller reads. It names no signal, so that nobody learns how far to go. */
const DETAILS: Readonly<Record<NonNullable<FraudScore['refuse']>, string>> = {
  fraud_blocked: 'The message was refused by fraud checks.',
  recipient_blocked: 'This recipient is blocked.',
  destination_not_allowed: 'Messages to this destination are not allowed for this account.',
};

/** Whether this customer may send this at all: always before money, and before anything is queued. */
@Injectable()
export class Vetting {
  private readonly liveIsSimulated: boolean;

  constructor(
    @Inject(CONFIGURATION) configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.liveIsSimulated = configuration.tiers.every((tier) => tier.simulated);
  }

  /**
   * @returns what it came to.
   * @throws DomainError customer_suspended, fraud_blocked, recipient_blocked, destination_not_allowed, recipient_opted_out
   */
  check({ caller, phone, messageId }: MessageDraft, signals: Signals): RiskNote {
    const { customer, mode, requestId } = caller;
    if (customer.suspended) throw new DomainError('customer_suspended', 'This account is suspended.');
    const perMinuteLimit = customer.limits.messagesPerMinutePerRecipient;
    const { score, reasons, refuse } = fraudScore({
      block: signals.block,
      recipientPerMinute: signals.recipientPerMinute,
      recipientPerMinuteLimit: perMinuteLimit,
      to: phone.e164,
      country: phone.country,
      countriesAllowed: customer.limits.countries,
      simulated: mode === 'test' || this.liveIsSimulated,
    });
    if (refuse === null) {
      this.checkOptOut(signals);
      return { score, reasons: [...reasons], perMinute: signals.recipientPerMinute, perMinuteLimit };
    }
    const { customerId } = customer;
    this.logger.info({ requestId, customerId, messageId, score, reasons, code: refuse }, 'refused by fraud score');
    throw new DomainError(refuse, DETAILS[refuse]);
  }

  private checkOptOut({ optedOut }: Signals): void {
    if (!optedOut) return;
    throw new DomainError('recipient_opted_out', 'This recipient wants no promotion from this sender.');
  }
}
