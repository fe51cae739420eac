import {
  ABSENT_SUBSCRIBER,
  CREDENTIALS,
  DELIVERED,
  IN_TRANSIT,
  INVALID_NUMBER,
  meaning,
  BUSY,
  NO_ROUTE,
  NOT_DELIVERED,
  OPTED_OUT,
  SENDER,
  TOO_LONG,
  undelivered,
  UNKNOWN_SUBSCRIBER,
  type Meaning,
  type ReportMeaning,
} from '../meaning';

/**
 * `code` of an error, or `error_code` of a message that was created and has failed at once. Twilio calls these subject to
 * change; a code that is not here is read by the answer's HTTP status.
 */
export const REFUSED: ReadonlyMap<number, Meaning> = new Map([
  [14107, BUSY],
  [20003, CREDENTIALS],
  [20008, meaning('F!', 'account', 'provider_account', 'these are credentials for tests only')],
  [20404, meaning('F!', 'account', 'provider_account', "the provider's account does not exist")],
  [20429, BUSY],
  [21211, INVALID_NUMBER],
  [21408, meaning('F!', 'destination', 'destination_not_allowed', 'the account may not send to this country')],
  [21602, meaning('P', null, 'rejected', 'it has no text')],
  [21603, SENDER],
  [21606, SENDER],
  [21608, meaning('F!', 'account', 'provider_account', 'a trial account reaches verified numbers only')],
  [21610, OPTED_OUT],
  [21612, NO_ROUTE],
  [21614, meaning('P', null, 'unsupported_number', 'a kind of number that cannot receive messages')],
  [21617, TOO_LONG],
  [30001, meaning('R', null, 'provider_busy', "the sender's queue is full")],
  [30002, meaning('F!', 'account', 'provider_account', "the provider's account is suspended")],
  [30003, meaning('R', null, 'absent_subscriber', 'the phone could not be reached')],
  [30004, meaning('F', null, 'rejected', 'the message was blocked')],
  [30005, meaning('P', null, 'unknown_subscriber', 'no subscriber has this number')],
  [30006, meaning('P', null, 'unsupported_number', 'a landline, or a carrier that cannot be reached')],
  [30007, meaning('F', null, 'rejected', 'the carrier filtered it')],
  [30008, meaning('R', null, 'provider_error', 'the provider met an error that it does not name')],
  [30034, SENDER],
  [63016, meaning('F', null, 'rejected', 'outside the window in which this channel may be used')],
]);

/** `MessageStatus` of a status callback, where no `ErrorCode` says more. */
export const REPORT_STATUSES: ReadonlyMap<string, ReportMeaning> = new Map([
  ['accepted', IN_TRANSIT],
  ['scheduled', IN_TRANSIT],
  ['queued', IN_TRANSIT],
  ['sending', IN_TRANSIT],
  ['sent', IN_TRANSIT],
  ['delivered', DELIVERED],
  ['read', DELIVERED],
  ['undelivered', undelivered('F', 'delivery_failed', 'it could not be delivered')],
  ['failed', undelivered('F', 'delivery_failed', 'the provider could not send it')],
  ['canceled', undelivered('F', 'rejected', 'it was cancelled at the provider')],
]);

/** `ErrorCode` of a status callback that says undelivered or failed. */
export const REPORT_ERRORS: ReadonlyMap<string, ReportMeaning> = new Map([
  ['21610', undelivered('P', 'opted_out', 'the recipient has opted out')],
  ['30001', undelivered('R', 'provider_busy', "the sender's queue was full for too long")],
  ['30002', undelivered('F!', 'provider_account', "the provider's account is suspended", 'account')],
  ['30003', ABSENT_SUBSCRIBER],
  ['30004', undelivered('F', 'rejected', 'the message was blocked')],
  ['30005', UNKNOWN_SUBSCRIBER],
  ['30006', undelivered('P', 'unsupported_number', 'a landline, or a carrier that cannot be reached')],
  ['30007', undelivered('F', 'rejected', 'the carrier filtered it')],
  ['30008', NOT_DELIVERED],
  ['30034', undelivered('F!', 'sender_not_accepted', 'the provider does not accept this sender', 'sender')],
]);
