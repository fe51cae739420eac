import type { TierName } from './provider-watch';

/** One code of a provider's answer to a send, as its contract lists it. */
export interface Refusal {
  /** As the simulator's switch takes it. */
  readonly code: string | number;
  /** As it has to stand in the log. */
  readonly logged: string;
  readonly class: 'R' | 'F' | 'P' | 'U';
}

/** A code that shuts something: the account, a sender or a destination there. */
export interface Shutting {
  readonly code: string | number;
  readonly logged: string;
  readonly scope: 'account' | 'sender' | 'destination';
}

/** What one provider's contract lists, read from its documentation and not from the program. */
export interface Contract {
  readonly adapter: string;
  readonly refusals: readonly Refusal[];
  readonly shutting: readonly Shutting[];
  /** Words of a negative report, as the simulator's switch takes them. */
  readonly reasons: readonly string[];
  /** Other faults of the way, with the share of a fault that may be lost with it: neighbours on one connection. */
  readonly unreadable: 'F' | 'U';
  /** What a 503 says of the message. */
  readonly outOfOrder: 'R' | 'U';
}

const by = (refusalClass: Refusal['class'], ...codes: readonly (string | number)[]): readonly Refusal[] =>
  codes.map((code) => ({ code, logged: loggedAs(code), class: refusalClass }));
const shuts = (scope: Shutting['scope'], ...codes: readonly (string | number)[]): readonly Shutting[] =>
  codes.map((code) => ({ code, logged: loggedAs(code), scope }));
const hex = (...statuses: readonly number[]): string[] =>
  statuses.map((status) => `0x${status.toString(16).toUpperCase().padStart(2, '0')}`);

function loggedAs(code: string | number): string {
  return String(code).replace('http-', 'http_');
}

const AFRICASTALKING: Omit<Contract, 'adapter'> = {
  refusals: [
    ...by('R', 500, 501, 'http-429', 'http-500'),
    ...by('F', 407, 409, 502),
    ...by('P', 403, 404, 406, 'http-400'),
  ],
  shutting: [
    { code: 'InvalidSenderId', logged: '402', scope: 'sender' },
    ...shuts('sender', 402),
    ...shuts('destination', 401),
    ...shuts('account', 405, 'http-401'),
  ],
  reasons: [
    ...['InvalidLinkId', 'UserInBlackList', 'DoNotDisturbRejection', 'UserDoesNotExist', 'UserIsInactive'],
    ...['UserNotSubscribedToProduct', 'NotNetworkSubcriber', 'DeliveryFailure', 'AbsentSubscriber', 'Expired'],
  ],
  unreadable: 'F',
  outOfOrder: 'R',
};

export const CONTRACTS: readonly Contract[] = [
  { adapter: 'africastalking', ...AFRICASTALKING },
  { adapter: 'africastalking-bulk', ...AFRICASTALKING },
  {
    adapter: 'infobip',
    refusals: [
      ...by('R', 21, 'http-429', 'http-500'),
      ...by('F', 4, 6, 9, 15, 19, 20, 31, 87, 100),
      ...by('P', 8, 10, 14, 24, 25, 51, 52, 'http-400'),
    ],
    shutting: [...shuts('sender', 11, 13), ...shuts('account', 12, 17, 18, 'http-401', 'http-403')],
    reasons: ['1', '5', '9', '255', '256', '500', '603', '628', '2048', '2050', '4101', '4103', 'status-29'],
    unreadable: 'F',
    outOfOrder: 'R',
  },
  {
    adapter: 'twilio',
    refusals: [
      ...by('R', 14107, 20429, 30001, 30003, 30008, 'http-429'),
      ...by('F', 21612, 30004, 30007, 63016),
      ...by('P', 21211, 21610, 21614, 30005, 30006),
      ...by('U', 'http-500'),
    ],
    shutting: [
      ...shuts('sender', 21606, 30034),
      ...shuts('destination', 21408),
      ...shuts('account', 20003, 20008, 20404, 21608, 30002),
    ],
    reasons: ['21610', '30001', '30003', '30004', '30005', '30006', '30007', '30008', 'failed', 'canceled'],
    unreadable: 'F',
    outOfOrder: 'U',
  },
  {
    adapter: 'smpp',
    refusals: [
      ...by('R', ...hex(0x04, 0x05, 0x08, 0x14, 0x58, 0x64)),
      ...by('F', ...hex(0x45, 0x65, 0x66, 0xff, 0x100, 0x400, 0x4ff)),
      ...by('P', ...hex(0x01, 0x0b, 0x43, 0x50, 0x51, 0x61, 0x62, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4)),
    ],
    shutting: [...shuts('sender', ...hex(0x0a, 0x48, 0x49)), ...shuts('account', ...hex(0x0d, 0x0e, 0x0f))],
    reasons: ['EXPIRED', 'DELETED', 'UNDELIV', 'UNKNOWN', 'REJECTD', 'SKIPPED', '1', '27'],
    unreadable: 'U',
    outOfOrder: 'R',
  },
];

/** A fault of tier_1 for a while. `gives`: what a message may meet by it; null: nothing that keeps it from its handset. */
export interface Phase {
  readonly name: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly gives: 'R' | 'F' | 'P' | 'U' | 'report' | null;
  readonly refusal: Refusal | null;
  /** Neighbours on the same connection that one such fault may hit. */
  readonly neighbours: number;
}

/** Submissions without an answer at one time over one SMPP session. */
const WINDOW = 10;

/** Every kind of fault that a contract lists but F!, each for a share of the requests. */
export function phasesOf(contract: Contract, share: number): Phase[] {
  const smpp = contract.adapter === 'smpp';
  const { unreadable } = contract;
  const phase = (name: string, state: Phase['state'], gives: Phase['gives'], neighbours = 1): Phase => ({
    name,
    state: { share, ...state },
    gives,
    refusal: null,
    neighbours,
  });
  const cut = smpp ? WINDOW : 1;
  return [
    ...contract.refusals.map((refusal) => ({
      ...phase(`code ${refusal.code}`, { errors: [{ code: refusal.code, share: 1 }] }, refusal.class),
      refusal,
    })),
    phase('503', { outage: '503' }, contract.outOfOrder),
    phase('429 with Retry-After', { retry_after_s: 1 }, 'R'),
    // The request was read: whether it was handled, nobody says.
    phase('reset', { outage: 'reset' }, 'U', cut),
    phase('hangs before accepting', { hang: 'before_accept' }, 'U'),
    phase('hangs after accepting', { hang: 'after_accept' }, 'U'),
    phase('slow', { latency_ms: 700 }, null),
    phase('error in 200', { answer: 'error_in_200' }, smpp ? 'U' : 'F'),
    phase('html', { answer: 'html' }, unreadable, cut),
    phase('oversize', { answer: 'oversize' }, unreadable, cut),
    ...contract.reasons.map((reason) =>
      phase(`report ${reason}`, { report: { outcome: 'undelivered', reason } }, 'report'),
    ),
    phase('no report', { report: { outcome: 'none' } }, 'report'),
    phase('report of another id', { report: { unknown_id: true } }, 'report'),
    ...(contract.adapter === 'twilio' ? [phase('bad signature', { report: { bad_signature: true } }, 'report')] : []),
    phase('report before the answer', { report: { before_answer: true } }, null),
    phase('late report', { report: { delay_ms: 1_500 } }, null),
    phase('three reports', { report: { copies: 3 } }, null),
    phase('reports in disorder', { report: { reorder: true, contradict: true } }, null),
  ];
}

export const FAULTY: TierName = 'tier_1';
