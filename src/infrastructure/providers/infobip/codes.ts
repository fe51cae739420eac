import {
  ABSENT_SUBSCRIBER,
  BLOCKED,
  DELIVERED,
  IN_TRANSIT,
  INVALID_NUMBER,
  MALFORMED,
  meaning,
  NO_CREDIT,
  NO_ROUTE,
  NOT_DELIVERED,
  NOT_IN_TIME,
  OPTED_OUT,
  OWN_ERROR,
  REJECTED,
  SENDER,
  TOO_LONG,
  undelivered,
  UNKNOWN_SUBSCRIBER,
  type Meaning,
  type ReportMeaning,
} from '../meaning';

/** `status.groupId` of a destination that was taken: OK, PENDING, DELIVERED. */
export const ACCEPTED_GROUPS: ReadonlySet<number> = new Set([0, 1, 3]);
/** `status.id`: the same message id came before, so the message is there already. */
export const DUPLICATE = 23;

/** `status.id` of a destination that was refused. */
export const REFUSED: ReadonlyMap<number, Meaning> = new Map([
  [4, REJECTED],
  [6, meaning('F', null, 'rejected', 'the network refused it')],
  [8, INVALID_NUMBER],
  [9, REJECTED],
  [10, meaning('P', null, 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  [11, SENDER],
  [12, NO_CREDIT],
  [13, SENDER],
  [14, OPTED_OUT],
  [15, meaning('F', null, 'not_delivered_in_time', 'the provider kept it for too long')],
  [17, NO_CREDIT],
  // A trial account reaches registered numbers only.
  [18, meaning('F!', 'account', 'provider_account', 'the account may not send to this number')],
  [19, NO_ROUTE],
  // It says so for an hour at least: longer than a message waits at one tier.
  [20, meaning('F', null, 'provider_busy', 'too many messages to this number')],
  [21, OWN_ERROR],
  [24, MALFORMED],
  [25, TOO_LONG],
  [31, REJECTED],
  [51, INVALID_NUMBER],
  [52, INVALID_NUMBER],
  [87, REJECTED],
  [100, REJECTED],
]);

/** `status.id` of a report, where its error says no more. 29: nobody knows, so the report deadline decides. */
export const REPORT_STATUSES: ReadonlyMap<number, ReportMeaning> = new Map([
  [2, IN_TRANSIT],
  [5, DELIVERED],
  [15, NOT_IN_TIME],
  [29, IN_TRANSIT],
  [10, undelivered('P', 'do_not_disturb', 'the recipient is on a do-not-disturb list')],
  [12, undelivered('F!', 'provider_account', "the provider's account has no credit", 'account')],
  [13, undelivered('F!', 'sender_not_accepted', 'the provider does not accept this sender', 'sender')],
  [14, BLOCKED],
]);

/** `status.groupId` of a report whose id is not known. */
export const REPORT_GROUPS: ReadonlyMap<number, ReportMeaning> = new Map([
  [0, IN_TRANSIT],
  [1, IN_TRANSIT],
  [2, undelivered('F', 'delivery_failed', 'it could not be delivered')],
  [4, NOT_IN_TIME],
  [5, undelivered('F', 'rejected', 'the provider rejected it')],
]);

const barred = undelivered('P', 'barred_subscriber', 'the subscriber cannot receive this message');
const full = undelivered('R', 'memory_full', "the phone's memory is full");
const network = undelivered('R', 'network_error', 'the network met an error of its own');

/** `error.id` of a report. */
export const REPORT_ERRORS: ReadonlyMap<number, ReportMeaning> = new Map<number, ReportMeaning>([
  [1, UNKNOWN_SUBSCRIBER],
  ...[5, 6, 8, 13, 27, 31, 32, 34].map((id): [number, ReportMeaning] => [id, ABSENT_SUBSCRIBER]),
  ...[9, 11, 12].map((id): [number, ReportMeaning] => [id, barred]),
  [255, NOT_DELIVERED],
  [256, full],
  ...Array.from({ length: 10 }, (_, index): [number, ReportMeaning] => [500 + index, network]),
  [603, BLOCKED],
  // Its table calls it permanent; its name says that it is not.
  [628, ABSENT_SUBSCRIBER],
  [2048, NOT_IN_TIME],
  [2050, BLOCKED],
  [2052, BLOCKED],
  [4101, undelivered('F', 'not_delivered_in_time', 'its validity ended at the provider')],
  [4103, undelivered('F', 'provider_busy', 'too many messages to this number')],
  [4104, undelivered('F', 'provider_busy', 'too many messages to this number')],
]);

/** An error that is in no table and is called permanent, of the groups HANDSET and USER. */
export const PERMANENT_ERROR = undelivered('P', 'delivery_failed', 'it can never be delivered');
export const PERMANENT_GROUPS: ReadonlySet<number> = new Set([1, 2]);
