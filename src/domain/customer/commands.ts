import type { MessageClass } from '../message/events';
import type { Tier } from '../routing/tiers';
import type { Mode } from '../shared/event';
import type { Money } from '../shared/money';
import type { CustomerLimits, Scope } from './events';

export interface RegisterCustomer {
  readonly type: 'RegisterCustomer';
  readonly customerId: string;
  readonly name: string;
}
export interface SuspendCustomer {
  readonly type: 'SuspendCustomer';
  /** Mandatory: why. */
  readonly note: string;
}
export interface ReinstateCustomer {
  readonly type: 'ReinstateCustomer';
  /** Mandatory: why. */
  readonly note: string;
}
export interface IssueApiKey {
  readonly type: 'IssueApiKey';
  readonly keyId: string;
  /** SHA-256 (hex) of the whole key. */
  readonly hash: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
  readonly label: string;
  /** ISO; null: never. */
  readonly expiresAt: string | null;
}
export interface RevokeApiKey {
  readonly type: 'RevokeApiKey';
  readonly keyId: string;
}
export interface RequestSenderId {
  readonly type: 'RequestSenderId';
  readonly sender: string;
  readonly class: MessageClass;
}
export interface ApproveSenderId {
  readonly type: 'ApproveSenderId';
  readonly sender: string;
  readonly tier: Tier;
}
export interface RejectSenderId {
  readonly type: 'RejectSenderId';
  readonly sender: string;
  readonly tier: Tier;
  readonly reason: string;
}
export interface ChooseDefaultSender {
  readonly type: 'ChooseDefaultSender';
  readonly sender: string;
}
/** That the price list exists is checked before. */
export interface AssignPriceList {
  readonly type: 'AssignPriceList';
  readonly priceListId: string;
}
export interface AssignRouting {
  readonly type: 'AssignRouting';
  /** In the order in which they are tried. */
  readonly tiers: readonly Tier[];
}
export interface ChangeLimits {
  readonly type: 'ChangeLimits';
  /** What is left out stays as it is. */
  readonly limits: Partial<CustomerLimits>;
}

export type CustomerCommand =
  | RegisterCustomer
  | SuspendCustomer
  | ReinstateCustomer
  | IssueApiKey
  | RevokeApiKey
  | RequestSenderId
  | ApproveSenderId
  | RejectSenderId
  | ChooseDefaultSender
  | AssignPriceList
  | AssignRouting
  | ChangeLimits;

/** Another price makes the next version; the same prices and name again make none. */
export interface PublishPriceList {
  readonly type: 'PublishPriceList';
  readonly priceListId: string;
  readonly name: string;
  /** Per segment. */
  readonly perSegment: { readonly [tier in Tier]: Money };
  /** By MCC and MNC: what differs for numbers of that network. */
  readonly networks: ReadonlyMap<string, { readonly [tier in Tier]?: Money }>;
}
export type PriceListCommand = PublishPriceList;
