import type { MessageClass } from '../message/events';
import type { Tier } from '../routing/tiers';
import type { Mode } from '../shared/event';
import type { MoneyString } from '../shared/money';
import type { CustomerLimits, NetworkPrices, Scope } from './events';

/** Of a customer for whom operations has set none. East Africa is where the product is sold. */
export const DEFAULT_LIMITS: CustomerLimits = {
  requestsPerSecondPerKey: 600,
  messagesPerMinutePerRecipient: 30,
  countries: ['KE', 'UG', 'TZ', 'RW', 'BI', 'SS', 'ET', 'SO', 'CD'],
};

export interface ApiKeyState {
  readonly keyId: string;
  readonly hash: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
  readonly label: string;
  readonly expiresAt: string | null;
  readonly revoked: boolean;
}

export interface SenderState {
  readonly sender: string;
  readonly class: MessageClass;
  readonly approvedAt: readonly Tier[];
  readonly rejectedAt: readonly Tier[];
}

/** JSON throughout: the read model keeps it as it is. Lists, because a sender may be called like a member of Object. */
export interface RegisteredCustomer {
  readonly kind: 'registered';
  readonly customerId: string;
  readonly name: string;
  readonly suspended: boolean;
  readonly limits: CustomerLimits;
  readonly routing: readonly Tier[];
  readonly priceListId: string | null;
  readonly senders: readonly SenderState[];
  readonly defaultSender: string | null;
  readonly keys: readonly ApiKeyState[];
}

export type CustomerState = { readonly kind: 'unregistered' } | RegisteredCustomer;

export const unregistered: CustomerState = { kind: 'unregistered' };

export interface PublishedPriceList {
  readonly kind: 'published';
  readonly priceListId: string;
  readonly version: number;
  readonly name: string;
  readonly perSegment: { readonly [tier in Tier]: MoneyString };
  readonly networks: readonly NetworkPrices[];
}

export type PriceListState = { readonly kind: 'unpublished' } | PublishedPriceList;

export const unpublished: PriceListState = { kind: 'unpublished' };
