import { Inject, Injectable } from '@nestjs/common';
import { perSegmentFor } from '../../domain/customer/prices';
import { networkOf } from '../../domain/message/network';
import { quoteMessage } from '../../domain/message/quote';
import type { MessageClass } from '../../domain/message/events';
import type { TierStandings } from '../../domain/routing/pick';
import type { Tier } from '../../domain/routing/tiers';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import { toKesText, type Money } from '../../domain/shared/money';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import type { CustomerRecord, PriceList } from '../ports/customer-directory';
import { PROVIDER_HEALTH, type ProviderHealth } from '../ports/provider-health';
import type { MessageDraft } from './message-draft';
import type { MessageRequest } from './message-request';

/** How the message would travel, and at what price. */
export interface Offer {
  readonly sender: string;
  /** In the customer's order; never empty. */
  readonly candidates: Tier[];
  /** The recipient's, as MCC and MNC, by its prefix; null: not known. */
  readonly network: string | null;
  /** How routing found them. */
  readonly standings: TierStandings;
  readonly priceList: PriceList;
  /** Of the whole message, for that network. */
  readonly prices: Readonly<Partial<Record<Tier, Money>>>;
  /** The tier that routing picks now. */
  readonly tier: Tier;
  readonly amount: Money;
}

@Injectable()
export class Offers {
  private readonly accounts: Readonly<Record<Mode, ReadonlySet<Tier>>>;

  constructor(
    @Inject(CONFIGURATION) configuration: Configuration,
    @Inject(PROVIDER_HEALTH) private readonly health: ProviderHealth,
  ) {
    this.accounts = {
      live: new Set(configuration.tiers.map(({ tier }) => tier)),
      test: new Set(configuration.testTiers.map(({ tier }) => tier)),
    };
  }

  /** @throws DomainError sender_id_not_registered; validation_failed where max_cost_kes is too little for any tier; conflict where the account has no price list yet */
  make({ caller, request, phone, segmentation, messageId }: MessageDraft): Offer {
    const { customer, mode } = caller;
    const sender = request.senderId ?? customer.defaultSender;
    const candidates = sender === null ? [] : this.candidatesFor(customer, mode, sender, request.class);
    if (sender === null || candidates.length === 0) throw notRegistered(request, customer);
    const { priceList } = customer;
    if (priceList === null) throw new DomainError('conflict', 'No price list is assigned to this account yet.');
    const journey = { messageId, sender, destination: phone.e164 };
    const { order, standings } = this.health.consider(mode, candidates, journey);
    const { segments } = segmentation;
    const { maxCost } = request;
    const network = networkOf(phone.e164);
    const perSegment = perSegmentFor(priceList, network);
    const { prices, picked } = quoteMessage({ segments, perSegment, candidates: order, maxCost });
    if (picked === null) throw tooDear(prices);
    const { tier, amount } = picked;
    return { sender, candidates, network, standings, priceList, prices, tier, amount };
  }

  /** The tiers of the customer's routing that have an account in this mode and know the sender for this class of messages. */
  private candidatesFor(
    { routing, senders }: CustomerRecord,
    mode: Mode,
    sender: string,
    messageClass: MessageClass,
  ): Tier[] {
    const registered = senders.get(sender);
    if (registered?.class !== messageClass) return [];
    return routing.filter((tier) => registered.approvedAt.has(tier) && this.accounts[mode].has(tier));
  }
}

function tooDear(prices: Offer['prices']): DomainError {
  const cheapest = Object.values(prices).reduce((low, price) => (price < low ? price : low));
  const message = `is less than what any tier takes for it: KES ${toKesText(cheapest)} at the least`;
  return new DomainError('validation_failed', 'No tier carries this message for so little.', [
    { field: 'max_cost_kes', message },
  ]);
}

function notRegistered(request: MessageRequest, { senders, defaultSender }: CustomerRecord): DomainError {
  const sender = request.senderId ?? defaultSender;
  if (sender === null) {
    return new DomainError('sender_id_not_registered', 'This account has no default sender; name one in sender_id.');
  }
  const registered = senders.get(sender)?.class ?? request.class;
  if (registered !== request.class) {
    const message = `is registered for ${registered} messages, not for ${request.class} ones`;
    const which = request.senderId === null ? 'The default sender of this account' : 'This sender ID';
    return new DomainError('sender_id_not_registered', `${which} ${message}.`, [{ field: 'sender_id', message }]);
  }
  return new DomainError('sender_id_not_registered', 'This sender ID is not approved for this account.', [
    { field: 'sender_id', message: 'is not approved at any provider of this account' },
  ]);
}
