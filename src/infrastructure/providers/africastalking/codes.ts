import type { FailureClass, ShutScope } from '../../../domain/routing/tiers';

/** What one of the provider's codes means for the router. */
export interface Meaning {
  readonly class: Exclude<FailureClass, 'U'>;
  /** Of F! only. */
  readonly scope: ShutScope | null;
  readonly reason: string;
  readonly failureCode: string;
}

const meaning = (
  failureClass: Meaning['class'],
  scope: ShutScope | null,
  failureCode: string,
  reason: string,
): Meaning => ({ class: failureClass, scope, failureCode, reason });

/** `statusCode` of a recipient that was accepted: Processed, Sent, Queued. */
export const ACCEPTED: ReadonlySet<number> = new Set([100, 101, 102]);

/** `statusCode` of a recipient that was refused (legacy messaging, per recipient). */
export const REFUSED: ReadonlyMap<number, Meaning> = new Map([
  [401, meaning('F!', 'destination', 'refused_by_provider', 'held by the provider as a risk')],
  [402, meaning('F!', 'sender', 'sender_not_accepted', 'the provider does not accept this sender')],
  [403, meaning('P', null, 'invalid_number', 'not a number that can receive messages')],
  [404, meaning('P', null, 'unsupported_number', 'a kind of number that cannot receive messages')],
  [405, meaning('F!', 'account', 'provider_account', "the provider's account has no credit")],
  [406, meaning('P', null, 'opted_out', 'the recipient has opted out')],
  [407, meaning('F', null, 'no_route', 'the provider has no route to this number')],
  // Bulk messages stand on a transactional route here; for promotional ones the recipient's list would be the last word.
  [409, meaning('F', null, 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  [500, meaning('R', null, 'provider_error', 'the provider met an error of its own')],
  [501, meaning('R', null, 'provider_error', "the provider's gateway met an error")],
  [502, meaning('F', null, 'rejected', "the provider's gateway rejected it")],
]);

/** `Message` of an answer without recipients: the whole request was refused. */
export const REFUSED_AS_A_WHOLE: ReadonlyMap<string, number> = new Map([
  ['RiskHold', 401],
  ['InvalidSenderId', 402],
  ['InvalidPhoneNumber', 403],
  ['UnsupportedNumberType', 404],
  ['InsufficientBalance', 405],
  ['UserInBlacklist', 406],
  ['CouldNotRoute', 407],
  ['DoNotDisturbRejection', 409],
  ['InternalServerError', 500],
  ['GatewayError', 501],
  ['RejectedByGateway', 502],
]);

/** Statuses of the HTTP answer itself. What is not here is read by its hundred below. */
const BY_STATUS: ReadonlyMap<number, Meaning> = new Map([
  [400, meaning('P', null, 'rejected', 'the provider calls the request malformed')],
  [401, meaning('F!', 'account', 'provider_account', 'the provider does not accept our credentials')],
  [403, meaning('F!', 'account', 'provider_account', 'the provider does not let this account send')],
  [404, meaning('F!', 'account', 'provider_account', "nothing answers at the provider's address")],
  [405, meaning('F!', 'account', 'provider_account', "something else answers at the provider's address")],
  [408, meaning('R', null, 'provider_unavailable', 'the provider gave up waiting for the request')],
  [413, meaning('P', null, 'rejected', 'longer than the provider takes')],
  [425, meaning('R', null, 'provider_unavailable', 'the provider asks to try again')],
  [429, meaning('R', null, 'provider_busy', 'the provider takes no more at the moment')],
]);

/** Null: a success, whose body says the rest. */
export function meaningOfStatus(status: number): Meaning | null {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return meaning('R', null, 'provider_unavailable', 'the provider is out of order');
  if (status >= 400) return meaning('F', null, 'rejected', 'the provider refused the request');
  if (status >= 300) return meaning('F!', 'account', 'provider_account', 'the provider answers from another address');
  return null;
}

/** A successful status with a body that is not the provider's contract: a page of a proxy, say. */
export const UNREADABLE = meaning('F', null, 'provider_unavailable', 'an answer that is not in its contract');

export interface ReportMeaning {
  readonly outcome: 'delivered' | 'failed' | 'in_transit';
  readonly class: FailureClass | null;
  readonly scope: ShutScope | null;
  readonly failureCode: string;
  readonly reason: string;
  readonly permanent: boolean;
}

const failed = (
  failureClass: FailureClass,
  failureCode: string,
  reason: string,
  scope: ShutScope | null = null,
): ReportMeaning => ({
  ...{ outcome: 'failed', class: failureClass, scope, failureCode, reason },
  permanent: failureClass === 'P',
});
const noFailure = (outcome: 'delivered' | 'in_transit'): ReportMeaning => ({
  ...{ outcome, class: null, scope: null, failureCode: '', reason: '', permanent: false },
});

/** `status` of a delivery report, where no `failureReason` says more. */
export const REPORT_STATUSES: ReadonlyMap<string, ReportMeaning> = new Map([
  ['Success', noFailure('delivered')],
  ['Sent', noFailure('in_transit')],
  ['Submitted', noFailure('in_transit')],
  ['Buffered', noFailure('in_transit')],
  ['Rejected', failed('F', 'rejected', 'the network rejected it')],
  ['Failed', failed('F', 'delivery_failed', 'it could not be delivered')],
  ['AbsentSubscriber', failed('R', 'absent_subscriber', 'the phone could not be reached')],
  ['Expired', failed('R', 'not_delivered_in_time', 'the phone was not reached in time')],
]);

/** `failureReason` of a report with status Rejected or Failed. The missing "s" is the provider's. */
export const REPORT_REASONS: ReadonlyMap<string, ReportMeaning> = new Map([
  ['InsufficientCredit', failed('F!', 'provider_account', "the provider's account has no credit", 'account')],
  ['UserAccountSuspended', failed('F!', 'provider_account', "the provider's account is suspended", 'account')],
  ['InvalidLinkId', failed('P', 'rejected', 'the provider calls the request malformed')],
  ['UserInBlackList', failed('P', 'opted_out', 'the recipient has opted out')],
  ['UserInBlacklist', failed('P', 'opted_out', 'the recipient has opted out')],
  ['DoNotDisturbRejection', failed('P', 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  ['UserDoesNotExist', failed('P', 'unknown_subscriber', 'no subscriber has this number')],
  ['UserIsInactive', failed('P', 'inactive_subscriber', 'the subscriber is inactive')],
  ['UserNotSubscribedToProduct', failed('P', 'not_subscribed', 'the subscriber is not subscribed to this service')],
  ['NotNetworkSubcriber', failed('F', 'wrong_network', 'the number is not on the network it was sent to')],
  ['DeliveryFailure', failed('R', 'delivery_failed', 'it could not be delivered')],
]);
