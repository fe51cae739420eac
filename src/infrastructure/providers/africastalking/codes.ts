import {
  ABSENT_SUBSCRIBER,
  BLOCKED,
  DELIVERED,
  IN_TRANSIT,
  INVALID_NUMBER,
  meaning,
  NO_CREDIT,
  NO_ROUTE,
  NOT_DELIVERED,
  NOT_IN_TIME,
  OPTED_OUT,
  OWN_ERROR,
  SENDER,
  undelivered,
  UNKNOWN_SUBSCRIBER,
  type Meaning,
  type ReportMeaning,
} from '../meaning';

/** `statusCode` of a recipient that was accepted: Processed, Sent, Queued. */
export const ACCEPTED: ReadonlySet<number> = new Set([100, 101, 102]);

/** `statusCode` of a recipient that was refused (legacy messaging, per recipient). */
export const REFUSED: ReadonlyMap<number, Meaning> = new Map([
  [401, meaning('F!', 'destination', 'refused_by_provider', 'held by the provider as a risk')],
  [402, SENDER],
  [403, INVALID_NUMBER],
  [404, meaning('P', null, 'unsupported_number', 'a kind of number that cannot receive messages')],
  [405, NO_CREDIT],
  [406, OPTED_OUT],
  [407, NO_ROUTE],
  // Bulk messages stand on a transactional route here; for promotional ones the recipient's list would be the last word.
  [409, meaning('F', null, 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  [500, OWN_ERROR],
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

/** `status` of a delivery report, where no `failureReason` says more. */
export const REPORT_STATUSES: ReadonlyMap<string, ReportMeaning> = new Map([
  ['Success', DELIVERED],
  ['Sent', IN_TRANSIT],
  ['Submitted', IN_TRANSIT],
  ['Buffered', IN_TRANSIT],
  ['Rejected', undelivered('F', 'rejected', 'the network rejected it')],
  ['Failed', undelivered('F', 'delivery_failed', 'it could not be delivered')],
  ['AbsentSubscriber', ABSENT_SUBSCRIBER],
  ['Expired', NOT_IN_TIME],
]);

/** `failureReason` of a report with status Rejected or Failed. The missing "s" is the provider's. */
export const REPORT_REASONS: ReadonlyMap<string, ReportMeaning> = new Map([
  ['InsufficientCredit', undelivered('F!', 'provider_account', "the provider's account has no credit", 'account')],
  ['UserAccountSuspended', undelivered('F!', 'provider_account', "the provider's account is suspended", 'account')],
  ['InvalidLinkId', undelivered('P', 'rejected', 'the provider calls the request malformed')],
  ['UserInBlackList', BLOCKED],
  ['UserInBlacklist', BLOCKED],
  ['DoNotDisturbRejection', undelivered('P', 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  ['UserDoesNotExist', UNKNOWN_SUBSCRIBER],
  ['UserIsInactive', undelivered('P', 'inactive_subscriber', 'the subscriber is inactive')],
  [
    'UserNotSubscribedToProduct',
    undelivered('P', 'not_subscribed', 'the subscriber is not subscribed to this service'),
  ],
  ['NotNetworkSubcriber', undelivered('F', 'wrong_network', 'the number is not on the network it was sent to')],
  ['DeliveryFailure', NOT_DELIVERED],
]);
