/**
 * STORAGE FORMAT. What stands here is in customers' logs for ever: a new meaning is a new event type, a new shape is a new
 * version with an upcaster, and every version ever written keeps its golden file in test/golden/events.
 */
import type { DomainEvent, Mode } from '../shared/event';
import type { MoneyString } from '../shared/money';
import type { Tier } from '../routing/tiers';
import type { MessageClass } from '../message/events';

/** messages: send and read; otp; billing: top-ups and statements; balance: read the balance. */
export type Scope = 'messages' | 'otp' | 'billing' | 'balance';

export type CustomerRegistered = DomainEvent<'CustomerRegistered', { customerId: string; name: string }>;
export type CustomerSuspended = DomainEvent<'CustomerSuspended', { customerId: string; note: string }>;
export type CustomerReinstated = DomainEvent<'CustomerReinstated', { customerId: string; note: string }>;

/** Key material never stands here, only its SHA-256 (hex). */
export type ApiKeyIssued = DomainEvent<
  'ApiKeyIssued',
  {
    customerId: string;
    keyId: string;
    hash: string;
    mode: Mode;
    scopes: Scope[];
    label: string;
    expiresAt: string | null;
  }
>;
export type ApiKeyRevoked = DomainEvent<'ApiKeyRevoked', { customerId: string; keyId: string }>;

export type SenderIdRequested = DomainEvent<
  'SenderIdRequested',
  { customerId: string; sender: string; class: MessageClass }
>;
/** Registered per provider: approved at the provider of this tier. */
export type SenderIdApproved = DomainEvent<'SenderIdApproved', { customerId: string; sender: string; tier: Tier }>;
export type SenderIdRejected = DomainEvent<
  'SenderIdRejected',
  { customerId: string; sender: string; tier: Tier; reason: string }
>;
export type DefaultSenderChosen = DomainEvent<'DefaultSenderChosen', { customerId: string; sender: string }>;

export type PriceListAssigned = DomainEvent<'PriceListAssigned', { customerId: string; priceListId: string }>;
/** The customer's tiers in order. */
export type RoutingAssigned = DomainEvent<'RoutingAssigned', { customerId: string; tiers: Tier[] }>;

/** Limits of a customer. Units are in the names. */
export interface CustomerLimits {
  requestsPerSecondPerKey: number;
  /** Messages a minute to one recipient; more is `fraud_blocked`. */
  messagesPerMinutePerRecipient: number;
  /** ISO 3166 alpha-2 codes that may be sent to. */
  countries: string[];
}
export type LimitsChanged = DomainEvent<'LimitsChanged', { customerId: string; limits: CustomerLimits }>;

export type CustomerEvent =
  | CustomerRegistered
  | CustomerSuspended
  | CustomerReinstated
  | ApiKeyIssued
  | ApiKeyRevoked
  | SenderIdRequested
  | SenderIdApproved
  | SenderIdRejected
  | DefaultSenderChosen
  | PriceListAssigned
  | RoutingAssigned
  | LimitsChanged;

/** What differs for one network; a tier that is left out costs what it costs everywhere. */
export interface NetworkPrices {
  /** MCC and MNC. */
  network: string;
  perSegment: { [tier in Tier]?: MoneyString };
}

/**
 * Stream `pricelist-{prl_}`. A version is never changed, only followed by the next, and says all: what it does not name is not
 * taken from the one before. Prices are per segment.
 */
export type PriceListPublished = DomainEvent<
  'PriceListPublished',
  {
    priceListId: string;
    version: number;
    name: string;
    perSegment: { [tier in Tier]: MoneyString };
    /** Sorted; each network once. */
    networks: NetworkPrices[];
  }
>;
export type PriceListEvent = PriceListPublished;
