import { Inject, Injectable } from '@nestjs/common';
import type { LiveMessage } from '../../domain/message/state';
import type { Tier } from '../../domain/routing/tiers';
import { ADMISSION, type AdmissionControl, type Signals } from '../ports/admission';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { CUSTOMER_DIRECTORY, type CustomerDirectory, type CustomerRecord } from '../ports/customer-directory';
import { ERASED, SUBJECT_VAULT, type SubjectVault } from '../ports/subject-vault';
import { MessageCommands, type Cause } from './message-commands';
import type { KnownMessage } from './message-memory';

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** Scheduled messages whose time has come: what was checked at their accept is checked again, but for the rate of sending. */
@Injectable()
export class DueMessages {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CUSTOMER_DIRECTORY) private readonly directory: CustomerDirectory,
    @Inject(ADMISSION) private readonly admission: Pick<AdmissionControl, 'peek'>,
    @Inject(SUBJECT_VAULT) private readonly vault: SubjectVault,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    private readonly commands: MessageCommands,
  ) {}

  /** @returns the message as it is then. @throws DomainError unavailable while blocks cannot be read: it is tried again */
  async release(message: KnownMessage, state: LiveMessage, cause: Cause): Promise<KnownMessage> {
    const { customerId, sender } = state.order;
    const customer = this.directory.customer(customerId);
    const refusal = await this.refusalOf(state, customer);
    const registered = customer?.senders.get(sender);
    const candidates: Tier[] = registered?.class === state.order.class ? [...registered.approvedAt] : [];
    const context = this.commands.context(message, cause, 'release');
    const data = { at: this.clock.iso(), candidates, refusal, hours: this.configuration.promotion.hours };
    return (await this.commands.run(message, { type: 'ReleaseMessage', data }, context)).message;
  }

  private async refusalOf({ order }: LiveMessage, customer: CustomerRecord | null): Promise<Refusal | null> {
    if (customer === null || customer.suspended) {
      return { code: 'customer_suspended', reason: 'the account is suspended' };
    }
    const [to = ERASED] = await this.vault.open([order.to]);
    if (to === ERASED) return { code: 'recipient_erased', reason: 'the recipient has been erased' };
    const { block, optedOut } = await this.admission.peek({
      customerId: order.customerId,
      mode: order.mode,
      keyId: '',
      route: 'messages',
      idempotencyKey: null,
      bodyDigest: null,
      requestsPerSecond: 1,
      messagesPerMinutePerRecipient: 1,
      lookupHash: this.vault.lookupHash(to),
      phoneDigits: to.slice(1),
      promotionFrom: order.class === 'promotional' ? order.sender : null,
    });
    return BLOCKED[block] ?? (optedOut ? OPTED_OUT : null);
  }
}

const OPTED_OUT: Refusal = { code: 'recipient_opted_out', reason: 'the recipient wants no promotion from this sender' };

const BLOCKED: { readonly [block in Signals['block']]: Refusal | null } = {
  none: null,
  recipient: { code: 'recipient_blocked', reason: 'the recipient is blocked' },
  prefix: { code: 'fraud_blocked', reason: 'the destination is blocked' },
  customer: { code: 'fraud_blocked', reason: 'the account is blocked' },
};
