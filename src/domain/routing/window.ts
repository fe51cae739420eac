/** Minutes that a score looks back over. */
export const WINDOW_MINUTES = 15;
/** A delivery report is waited for so long before its absence counts. Minutes. */
export const REPORT_MATURES_AFTER_MINUTES = 2;

/** The first minute that a score looks at. The day that it is compared with ends before: nothing is compared with itself. */
export const firstOfWindow = (nowMinute: number): number => nowMinute - WINDOW_MINUTES + 1;

/**
 * What became of the attempts that one customer made at one provider in one minute. All counts belong to the minute in which
 * the attempt was submitted, whenever its outcome came. What the recipient or the customer caused is in none of them.
 */
export interface MinuteTally {
  readonly attempts: number;
  readonly accepted: number;
  /** No answer within the provider's deadline. */
  readonly timeouts: number;
  /** Answered, and slowly. */
  readonly slow: number;
  /** Accepted, and reported as delivered. */
  readonly delivered: number;
  /** Of those delivered, the ones that took long. */
  readonly late: number;
  /** Accepted, and reported as failed by the recipient's or the customer's fault: they count for no delivery rate. */
  readonly excused: number;
}

export const emptyTally: MinuteTally = {
  attempts: 0,
  accepted: 0,
  timeouts: 0,
  slow: 0,
  delivered: 0,
  late: 0,
  excused: 0,
};

export interface MinuteOfCustomer extends MinuteTally {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly customerId: string;
  /** Of the recipients, as MCC and MNC; null: not known. */
  readonly network: string | null;
}

/** Calls. */
export interface CallCounts {
  readonly attempts: number;
  readonly accepted: number;
  readonly timeouts: number;
  readonly slow: number;
}

/** Accepted messages whose report is due. */
export interface ReportCounts {
  readonly due: number;
  readonly delivered: number;
  readonly late: number;
}

/** The customer with most of it, and everybody else: all that is needed to keep one customer from deciding alone. */
export interface Split<T> {
  readonly largest: T;
  readonly others: T;
}

/** A provider's last fifteen minutes as counts; a decision keeps it whole, so that it can be made again. */
export interface ProviderWindow {
  /** Minutes since the epoch: the first one that counts, and the one in which it was taken. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly calls: Split<CallCounts>;
  readonly reports: Split<ReportCounts>;
}

const noCalls: CallCounts = { attempts: 0, accepted: 0, timeouts: 0, slow: 0 };
const noReports: ReportCounts = { due: 0, delivered: 0, late: 0 };

const addCalls = (a: CallCounts, b: CallCounts): CallCounts => ({
  attempts: a.attempts + b.attempts,
  accepted: a.accepted + b.accepted,
  timeouts: a.timeouts + b.timeouts,
  slow: a.slow + b.slow,
});

const addReports = (a: ReportCounts, b: ReportCounts): ReportCounts => ({
  due: a.due + b.due,
  delivered: a.delivered + b.delivered,
  late: a.late + b.late,
});

/**
 * @param nowMinute minutes since the epoch; the window ends with this minute
 * @param sinceMinute nothing from before it counts: a provider that comes back is not judged by what it was
 */
export function windowOf(rows: readonly MinuteOfCustomer[], nowMinute: number, sinceMinute: number): ProviderWindow {
  const fromMinute = Math.max(firstOfWindow(nowMinute), sinceMinute);
  const lastMature = nowMinute - 1 - REPORT_MATURES_AFTER_MINUTES;
  const calls = new Map<string, CallCounts>();
  const reports = new Map<string, ReportCounts>();
  for (const row of rows) {
    if (row.minute < fromMinute || row.minute > nowMinute) continue;
    calls.set(row.customerId, addCalls(calls.get(row.customerId) ?? noCalls, row));
    if (row.minute > lastMature) continue;
    const { delivered, late } = row;
    const due = Math.max(row.accepted - row.excused, delivered);
    reports.set(row.customerId, addReports(reports.get(row.customerId) ?? noReports, { due, delivered, late }));
  }
  return {
    fromMinute,
    toMinute: nowMinute,
    calls: split([...calls.values()], ({ attempts }) => attempts, addCalls, noCalls),
    reports: split([...reports.values()], ({ due }) => due, addReports, noReports),
  };
}

function split<T>(counts: readonly T[], sizeOf: (one: T) => number, add: (a: T, b: T) => T, none: T): Split<T> {
  let largest = none;
  let others = none;
  for (const one of counts) {
    if (sizeOf(one) > sizeOf(largest)) {
      others = add(others, largest);
      largest = one;
    } else {
      others = add(others, one);
    }
  }
  return { largest, others };
}

export interface Share {
  /** How many it rests on, after the cap. */
  readonly samples: number;
  /** 0 to 1; null without samples. */
  readonly rate: number | null;
}

/** A rate in which the largest customer has at most as much weight as all others together, where there are others. */
export function cappedShare<T>(
  { largest, others }: Split<T>,
  ofAll: (one: T) => number,
  good: (one: T) => number,
): Share {
  const [most, rest] = [ofAll(largest), ofAll(others)];
  const weight = rest > 0 && most > rest ? rest / most : 1;
  const samples = rest + weight * most;
  return { samples, rate: samples === 0 ? null : (good(others) + weight * good(largest)) / samples };
}
