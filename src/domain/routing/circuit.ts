import { assertNever } from '../shared/decider';

/**
 * One provider's circuit: what lets its traffic through. Failures in a row open it, or a score that fell under its threshold;
 * a cool-down later it lets one message through at a time, and then gets its traffic back step by step. Pure: instants are
 * monotonic milliseconds of the caller.
 */
export interface Circuit {
  readonly phase: 'closed' | 'open' | 'half_open' | 'returning';
  /** Of the traffic for which it would be the first choice; less than 100 only while it returns. */
  readonly sharePercent: number;
  /** Refused connections, resets, time-outs and the like since the last proof of life. */
  readonly failuresInRow: number;
  /** At most two: whose messages met those failures. */
  readonly failedFor: readonly string[];
  /** The two customers seen last, newest first. */
  readonly seen: readonly { readonly customerId: string; readonly atMs: number }[];
  /** While open: when it may be tried. While half-open: until when the one trial is out (a lost trial frees itself). */
  readonly untilMs: number;
  /** Of the next opening. */
  readonly cooldownMs: number;
  readonly lastCode: string;
  /** What counts as a success on the way back: a provider that accepted all and delivered nothing must deliver. */
  readonly provenBy: 'answer' | 'report';
  /** Of the step on the way back. */
  readonly step: { readonly sinceMs: number; readonly successes: number; readonly failures: number };
}

/**
 * What an attempt or its report says about the provider. `neutral`: nothing (rate limits, what the recipient caused).
 * `delivered`, `undelivered`: a report.
 */
export type Sign = 'alive' | 'outage' | 'account' | 'neutral' | 'delivered' | 'undelivered';

export const FAILURES_TO_OPEN = 5;
export const FIRST_COOLDOWN_MS = 15_000;
export const LONGEST_COOLDOWN_MS = 900_000;
/** Percent of the traffic at each step after one message at a time; at 100 it is closed. */
export const RETURN_STEPS: readonly number[] = [5, 25, 50];
export const SUCCESSES_A_STEP = 20;
/** A step also ends after so long with a success and without a failure: little traffic must not keep a provider out. */
export const QUIET_STEP_MS = 300_000;
/** A customer without traffic for this long does not count as another one to wait for. */
const CUSTOMER_SEEN_WITHIN_MS = 300_000;

const NO_STEP: Circuit['step'] = { sinceMs: 0, successes: 0, failures: 0 };

export const closedCircuit: Circuit = {
  phase: 'closed',
  sharePercent: 100,
  failuresInRow: 0,
  failedFor: [],
  seen: [],
  untilMs: 0,
  cooldownMs: FIRST_COOLDOWN_MS,
  lastCode: '',
  provenBy: 'answer',
  step: NO_STEP,
};

/** Becomes half-open once its cool-down is over, and goes on a step after a quiet time. */
export function atTime(circuit: Circuit, nowMs: number): Circuit {
  if (circuit.phase === 'open') {
    if (nowMs < circuit.untilMs) return circuit;
    return { ...circuit, phase: 'half_open', untilMs: 0, step: { ...NO_STEP, sinceMs: nowMs } };
  }
  const { sinceMs, successes, failures } = circuit.step;
  const isQuiet = isOnItsWayBack(circuit) && successes > 0 && failures === 0 && nowMs - sinceMs >= QUIET_STEP_MS;
  return isQuiet ? nextStep(circuit, nowMs) : circuit;
}

const isOnItsWayBack = ({ phase }: Circuit): boolean => phase === 'half_open' || phase === 'returning';

/** May a message go there now? While it is half-open: one at a time, and never one already failed over. */
export function permits(circuit: Circuit, nowMs: number, failedOver: boolean): boolean {
  switch (circuit.phase) {
    case 'closed':
    case 'returning':
      return true;
    case 'open':
      return false;
    case 'half_open':
      return !failedOver && nowMs >= circuit.untilMs;
    default:
      return assertNever(circuit.phase);
  }
}

/** Is it the first choice for this message, by the share that it has back? `ticket`: 0 to 99, of the message. */
export const favours = ({ phase, sharePercent }: Pick<Circuit, 'phase' | 'sharePercent'>, ticket: number): boolean =>
  phase !== 'returning' || ticket < sharePercent;

/** 0 to 99, spread evenly over messages and the same for one message each time: FNV-1a of its id. */
export function ticketOf(messageId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < messageId.length; i++) hash = Math.imul(hash ^ messageId.charCodeAt(i), 0x01000193) >>> 0;
  return hash % 100;
}

/** The one trial of a half-open circuit goes out; it counts as lost at `lostAtMs`. */
export const takeTrial = (circuit: Circuit, lostAtMs: number): Circuit =>
  circuit.phase === 'half_open' ? { ...circuit, untilMs: lostAtMs } : circuit;

/** The trial was not made after all. */
export const giveBackTrial = (circuit: Circuit): Circuit =>
  circuit.phase === 'half_open' ? { ...circuit, untilMs: 0 } : circuit;

/** Its score fell under the threshold: shut for `cooldownMs`, or longer where it has just failed to come back. */
export function shutByScore(
  circuit: Circuit,
  provenBy: Circuit['provenBy'],
  nowMs: number,
  cooldownMs: number,
): Circuit {
  if (circuit.phase === 'open') return circuit;
  return opened({ ...circuit, provenBy, cooldownMs: Math.max(cooldownMs, circuit.cooldownMs) }, nowMs);
}

export function afterAttempt(
  circuit: Circuit,
  { sign, customerId, code, nowMs }: { sign: Sign; customerId: string; code: string; nowMs: number },
): Circuit {
  const others = circuit.seen.filter((one) => one.customerId !== customerId);
  const next: Circuit = { ...circuit, seen: [{ customerId, atMs: nowMs }, ...others].slice(0, 2) };
  switch (sign) {
    case 'neutral':
      return giveBackTrial(next);
    case 'alive':
      return afterAnswer(next, nowMs);
    case 'delivered':
      return next.provenBy === 'report' && isOnItsWayBack(next) ? afterSuccess(giveBackTrial(next), nowMs) : next;
    case 'undelivered':
      return next.provenBy === 'report' && isOnItsWayBack(next) ? afterFailure(next, nowMs) : next;
    case 'account':
      return next.phase === 'open' ? next : opened({ ...next, provenBy: 'answer', lastCode: code }, nowMs);
    case 'outage':
      return afterOutage(next, customerId, code, nowMs);
    default:
      return assertNever(sign);
  }
}

function afterAnswer(circuit: Circuit, nowMs: number): Circuit {
  // Calls that were under way when it opened say nothing new.
  if (circuit.phase === 'open') return circuit;
  const alive: Circuit = { ...circuit, failuresInRow: 0, failedFor: [], lastCode: '' };
  if (alive.phase === 'closed') return alive;
  // Where only a report proves it, the trial stays out until that comes.
  return alive.provenBy === 'report' ? alive : afterSuccess(giveBackTrial(alive), nowMs);
}

function afterSuccess(circuit: Circuit, nowMs: number): Circuit {
  const successes = circuit.step.successes + 1;
  const next: Circuit = { ...circuit, step: { ...circuit.step, successes } };
  return successes >= SUCCESSES_A_STEP ? nextStep(next, nowMs) : atTime(next, nowMs);
}

function nextStep(circuit: Circuit, nowMs: number): Circuit {
  const sharePercent = RETURN_STEPS.find((share) => circuit.phase === 'half_open' || share > circuit.sharePercent);
  if (sharePercent === undefined) return { ...closedCircuit, seen: circuit.seen };
  // Past its first step it has shown that it is back: the next opening is a new one.
  const cooldownMs = circuit.phase === 'half_open' ? circuit.cooldownMs : FIRST_COOLDOWN_MS;
  return { ...circuit, phase: 'returning', sharePercent, cooldownMs, untilMs: 0, step: { ...NO_STEP, sinceMs: nowMs } };
}

/** Of a trial, or on the first step: it is not back yet, and rests for longer. Later a failure begins the step anew. */
function afterFailure(circuit: Circuit, nowMs: number): Circuit {
  const isFirstStep = circuit.phase === 'half_open' || circuit.sharePercent === RETURN_STEPS[0];
  if (isFirstStep) return opened(circuit, nowMs);
  const step = { sinceMs: nowMs, successes: 0, failures: circuit.step.failures + 1 };
  return { ...circuit, step };
}

function afterOutage(circuit: Circuit, customerId: string, code: string, nowMs: number): Circuit {
  // Calls that were under way when it opened say nothing new.
  if (circuit.phase === 'open') return circuit;
  const failedFor = [customerId, ...circuit.failedFor.filter((one) => one !== customerId)].slice(0, 2);
  const next: Circuit = { ...circuit, failuresInRow: circuit.failuresInRow + 1, failedFor, lastCode: code };
  const failed = isOnItsWayBack(next) ? afterFailure(next, nowMs) : next;
  if (failed.phase === 'open') return failed;
  const active = failed.seen.filter((one) => nowMs - one.atMs <= CUSTOMER_SEEN_WITHIN_MS);
  const enough = failed.failuresInRow >= FAILURES_TO_OPEN && failedFor.length >= Math.min(2, active.length);
  return enough ? opened({ ...failed, provenBy: 'answer' }, nowMs) : failed;
}

function opened(circuit: Circuit, nowMs: number): Circuit {
  return {
    ...circuit,
    phase: 'open',
    sharePercent: 0,
    untilMs: nowMs + circuit.cooldownMs,
    cooldownMs: Math.min(circuit.cooldownMs * 2, LONGEST_COOLDOWN_MS),
    step: NO_STEP,
  };
}
