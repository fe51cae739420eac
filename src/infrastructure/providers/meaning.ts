import type { FailureClass, ShutScope } from '../../domain/routing/tiers';

/** What one of a provider's codes means for the router. */
export interface Meaning {
  readonly class: Exclude<FailureClass, 'U'>;
  /** Of F! only. */
  readonly scope: ShutScope | null;
  readonly reason: string;
  readonly failureCode: string;
}

export const meaning = (
  failureClass: Meaning['class'],
  scope: ShutScope | null,
  failureCode: string,
  reason: string,
): Meaning => ({ class: failureClass, scope, failureCode, reason });

/** Meanings that come again with every provider. */
export const NO_CONNECTION = meaning('R', null, 'provider_unavailable', 'no connection to the provider');
export const CREDENTIALS = meaning('F!', 'account', 'provider_account', 'the provider does not accept our credentials');
export const NO_CREDIT = meaning('F!', 'account', 'provider_account', "the provider's account has no credit");
export const SENDER = meaning('F!', 'sender', 'sender_not_accepted', 'the provider does not accept this sender');
export const INVALID_NUMBER = meaning('P', null, 'invalid_number', 'not a number that can receive messages');
export const OPTED_OUT = meaning('P', null, 'opted_out', 'the recipient has opted out');
export const MALFORMED = meaning('P', null, 'rejected', 'the provider calls the request malformed');
export const TOO_LONG = meaning('P', null, 'rejected', 'longer than the provider takes');
export const NO_ROUTE = meaning('F', null, 'no_route', 'the provider has no route to this number');
export const REJECTED = meaning('F', null, 'rejected', 'the provider refused it');
export const OWN_ERROR = meaning('R', null, 'provider_error', 'the provider met an error of its own');
export const BUSY = meaning('R', null, 'provider_busy', 'the provider takes no more at the moment');

/** A successful status with a body that is not the provider's contract: a page of a proxy, say. */
export const UNREADABLE = meaning('F', null, 'provider_unavailable', 'an answer that is not in its contract');

/** Statuses of an HTTP answer, where its body says no more. What is not here is read by its hundred. */
const BY_STATUS: ReadonlyMap<number, Meaning> = new Map([
  [400, MALFORMED],
  [401, CREDENTIALS],
  [403, meaning('F!', 'account', 'provider_account', 'the provider does not let this account send')],
  [404, meaning('F!', 'account', 'provider_account', "nothing answers at the provider's address")],
  [405, meaning('F!', 'account', 'provider_account', "something else answers at the provider's address")],
  [408, meaning('R', null, 'provider_unavailable', 'the provider gave up waiting for the request')],
  [413, TOO_LONG],
  [425, meaning('R', null, 'provider_unavailable', 'the provider asks to try again')],
  [429, BUSY],
]);

/** Null: a success, whose body says the rest. */
export function meaningOfStatus(status: number): Meaning | null {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return meaning('R', null, 'provider_unavailable', 'the provider is out of order');
  if (status >= 400) return REJECTED;
  if (status >= 300) return meaning('F!', 'account', 'provider_account', 'the provider answers from another address');
  return null;
}

/** What a code of a delivery report means. */
export interface ReportMeaning {
  readonly outcome: 'delivered' | 'failed' | 'in_transit';
  readonly class: FailureClass | null;
  readonly scope: ShutScope | null;
  readonly failureCode: string;
  readonly reason: string;
  readonly permanent: boolean;
}

export const undelivered = (
  failureClass: FailureClass,
  failureCode: string,
  reason: string,
  scope: ShutScope | null = null,
): ReportMeaning => ({
  outcome: 'failed',
  class: failureClass,
  scope,
  failureCode,
  reason,
  permanent: failureClass === 'P',
});
const noFailure = (outcome: 'delivered' | 'in_transit'): ReportMeaning => ({
  outcome,
  class: null,
  scope: null,
  failureCode: '',
  reason: '',
  permanent: false,
});

export const DELIVERED = noFailure('delivered');
export const IN_TRANSIT = noFailure('in_transit');
export const UNKNOWN_SUBSCRIBER = undelivered('P', 'unknown_subscriber', 'no subscriber has this number');
export const ABSENT_SUBSCRIBER = undelivered('R', 'absent_subscriber', 'the phone could not be reached');
export const NOT_IN_TIME = undelivered('R', 'not_delivered_in_time', 'the phone was not reached in time');
export const NOT_DELIVERED = undelivered('R', 'delivery_failed', 'it could not be delivered');
export const BLOCKED = undelivered('P', 'opted_out', 'the recipient has opted out');
