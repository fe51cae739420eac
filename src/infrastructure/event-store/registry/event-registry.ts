import type { CustomerEvent, PriceListEvent } from '../../../domain/customer/events';
import type { BlockEvent } from '../../../domain/fraud/events';
import type { MessageEvent } from '../../../domain/message/events';
import type { ProviderEvent } from '../../../domain/routing/events';
import type { WalletEvent } from '../../../domain/wallet/events';
import { customerEvents } from './customer-events';
import type { EventDefinition } from './event-definition';
import { messageEvents } from './message-events';
import { safetyEvents } from './safety-events';
import { walletEvents } from './wallet-events';

/** Every event there is. */
export type StoredDomainEvent =
  MessageEvent | WalletEvent | CustomerEvent | PriceListEvent | BlockEvent | ProviderEvent;

/** By type. A type of the domain that is missing here fails the build, and so does one that the domain does not know. */
export const EVENT_REGISTRY = {
  ...messageEvents,
  ...walletEvents,
  ...customerEvents,
  ...safetyEvents,
} satisfies { [Type in StoredDomainEvent['type']]: EventDefinition };

export type EventRegistry = ReadonlyMap<string, EventDefinition>;

export const eventRegistry: EventRegistry = new Map<string, EventDefinition>(Object.entries(EVENT_REGISTRY));
