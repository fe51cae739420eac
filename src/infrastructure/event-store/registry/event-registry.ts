import type { BatchEvent } from '../../../domain/batch/events';
import type { CustomerEvent, PriceListEvent } from '../../../domain/customer/events';
import type { BlockEvent } from '../../../domain/fraud/events';
import type { InboundEvent } from '../../../domain/inbound/events';
import type { MessageEvent } from '../../../domain/message/events';
import type { OptOutEvent } from '../../../domain/opt-out/events';
import type { PrivacyEvent } from '../../../domain/privacy/events';
import type { RestoringEvent } from '../../../domain/restoring/events';
import type { ProviderEvent } from '../../../domain/routing/events';
import type { WalletEvent } from '../../../domain/wallet/events';
import { batchEvents } from './batch-events';
import { customerEvents, priceListEvents } from './customer-events';
import type { EventDefinition } from './event-definition';
import type { EventFamily } from './events-document';
import { inboundEvents } from './inbound-events';
import { messageEvents } from './message-events';
import { privacyEvents } from './privacy-events';
import { providerEvents } from './provider-events';
import { restoringEvents } from './restoring-events';
import { blockEvents, optOutEvents } from './safety-events';
import { walletEvents } from './wallet-events';

/** Every event there is. */
export type StoredDomainEvent =
  | MessageEvent
  | BatchEvent
  | WalletEvent
  | CustomerEvent
  | PriceListEvent
  | BlockEvent
  | OptOutEvent
  | ProviderEvent
  | PrivacyEvent
  | InboundEvent
  | RestoringEvent;

/** By type. A type of the domain that is missing here fails the build, and so does one that the domain does not know. */
export const EVENT_REGISTRY = {
  ...messageEvents,
  ...batchEvents,
  ...walletEvents,
  ...customerEvents,
  ...priceListEvents,
  ...blockEvents,
  ...optOutEvents,
  ...providerEvents,
  ...privacyEvents,
  ...inboundEvents,
  ...restoringEvents,
} satisfies { [Type in StoredDomainEvent['type']]: EventDefinition };

export type EventRegistry = ReadonlyMap<string, EventDefinition>;

export const eventRegistry: EventRegistry = new Map<string, EventDefinition>(Object.entries(EVENT_REGISTRY));

/** As they stand in docs/EVENTS.md. */
export const EVENT_FAMILIES: readonly EventFamily[] = [
  { title: 'Message', streams: '`message-{msg_}`', events: messageEvents },
  { title: 'Batch', streams: '`batch-{bat_}`', events: batchEvents },
  { title: 'Wallet', streams: '`wallet-{cus_}`, and `wallet-{cus_}.test` for test money', events: walletEvents },
  { title: 'Customer', streams: '`customer-{cus_}`', events: customerEvents },
  { title: 'Price list', streams: '`pricelist-{prl_}`', events: priceListEvents },
  { title: 'Block', streams: '`block-{subject}`', events: blockEvents },
  { title: 'Opt-out', streams: '`optout-{opt_}`', events: optOutEvents },
  { title: 'Provider', streams: '`provider-{name}`', events: providerEvents },
  { title: 'Inbound number', streams: '`inbound-{number}`', events: inboundEvents },
  { title: 'Subject', streams: '`subject-{sub_}`', events: privacyEvents },
  { title: 'The log itself', streams: '`log-acceptances`', events: restoringEvents },
];
