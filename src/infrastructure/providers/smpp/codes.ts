import {
  ABSENT_SUBSCRIBER,
  BUSY,
  CREDENTIALS,
  DELIVERED,
  IN_TRANSIT,
  INVALID_NUMBER,
  MALFORMED,
  meaning,
  NOT_DELIVERED,
  NOT_IN_TIME,
  OWN_ERROR,
  REJECTED,
  SENDER,
  TOO_LONG,
  undelivered,
  UNKNOWN_SUBSCRIBER,
  type Meaning,
  type ReportMeaning,
} from '../meaning';

/** `command_status` values that the session itself has to know. */
export const ROK = 0x00;
export const THROTTLED: ReadonlySet<number> = new Set([0x14, 0x58]);
/** The centre does not think that we are bound: the session is made anew. */
export const NOT_BOUND: ReadonlySet<number> = new Set([0x04, 0x05]);
/** What is answered to a delivery that could not be kept: it will come again. */
export const TEMPORARY_APP_ERROR = 0x64;

const NOT_NOW = meaning('R', null, 'provider_unavailable', 'the message centre takes nothing at the moment');

/** `command_status` of an answer to a submission, or to a bind. */
export const REFUSED: ReadonlyMap<number, Meaning> = new Map([
  [0x01, TOO_LONG],
  [0x04, NOT_NOW],
  [0x05, NOT_NOW],
  [0x08, OWN_ERROR],
  [0x0a, SENDER],
  [0x0b, INVALID_NUMBER],
  [0x0d, CREDENTIALS],
  [0x0e, CREDENTIALS],
  [0x0f, CREDENTIALS],
  [0x14, BUSY],
  [0x43, MALFORMED],
  [0x45, REJECTED],
  [0x48, SENDER],
  [0x49, SENDER],
  [0x50, INVALID_NUMBER],
  [0x51, INVALID_NUMBER],
  [0x58, BUSY],
  [0x61, MALFORMED],
  [0x62, MALFORMED],
  [0x64, OWN_ERROR],
  [0x65, REJECTED],
  [0x66, REJECTED],
  [0xc0, MALFORMED],
  [0xc1, MALFORMED],
  [0xc2, MALFORMED],
  [0xc3, MALFORMED],
  [0xc4, MALFORMED],
  [0xff, REJECTED],
]);

/** A code that is in no table, those of vendors (0x400 to 0x4FF) among them. */
export const OTHER_REFUSAL = REJECTED;

/** As it is written in logs and events. */
export const codeOf = (status: number): string => `0x${status.toString(16).toUpperCase().padStart(2, '0')}`;

/** `message_state` of a receipt. 7: nobody knows, so the report deadline decides. */
export const STATES: ReadonlyMap<number, ReportMeaning> = new Map([
  [1, IN_TRANSIT],
  [2, DELIVERED],
  [3, NOT_IN_TIME],
  [4, undelivered('F', 'rejected', 'it was deleted at the provider')],
  [5, NOT_DELIVERED],
  [6, IN_TRANSIT],
  [7, IN_TRANSIT],
  [8, undelivered('F', 'rejected', 'the network rejected it')],
  [9, undelivered('F', 'rejected', 'the provider skipped it')],
]);

/** `stat` of a receipt's text. */
export const STATE_WORDS: ReadonlyMap<string, number> = new Map([
  ['ENROUTE', 1],
  ['DELIVRD', 2],
  ['EXPIRED', 3],
  ['DELETED', 4],
  ['UNDELIV', 5],
  ['ACCEPTD', 6],
  ['UNKNOWN', 7],
  ['REJECTD', 8],
  ['SKIPPED', 9],
]);
/** The state that its error says more about. */
export const UNDELIVERABLE = 5;

const BARRED = undelivered('P', 'barred_subscriber', 'the subscriber cannot receive this message');

/** Errors of the mobile network (3GPP TS 29.002), in `network_error_code` or `err` of what could not be delivered. */
export const NETWORK_ERRORS: ReadonlyMap<number, ReportMeaning> = new Map([
  [1, UNKNOWN_SUBSCRIBER],
  [5, ABSENT_SUBSCRIBER],
  [6, ABSENT_SUBSCRIBER],
  [9, BARRED],
  [11, BARRED],
  [12, BARRED],
  [27, ABSENT_SUBSCRIBER],
  [31, ABSENT_SUBSCRIBER],
]);
