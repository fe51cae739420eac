import { assertNever } from '../shared/decider';

/**
 * One provider's circuit, for hard outages only: failures in a row open it, a cool-down later it lets through one message
 * at a time, and the first that succeeds closes it. Pure: instants are monotonic milliseconds of the caller.
 */
export interface Circuit {
  readonly phase: 'closed' | 'open' | 'half_open';
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
}

/** What an attempt says about the provider. `neutral`: nothing (rate limits, what the recipient caused). */
export type Sign = 'alive' | 'outage' | 'account' | 'neutral';

export const FAILURES_TO_OPEN = 5;
export const FIRST_COOLDOWN_MS = 15_000;
export const LONGEST_COOLDOWN_MS = 900_000;
/** A customer without traffic for this long does not count as another one to wait for. */
const CUSTOMER_SEEN_WITHIN_MS = 300_000;

export const closedCircuit: Circuit = {
  ...{ phase: 'closed', failuresInRow: 0, failedFor: [], seen: [], untilMs: 0 },
  ...{ cooldownMs: FIRST_COOLDOWN_MS, lastCode: '' },
};

/** Becomes half-open once its cool-down is over. */
export function atTime(circuit: Circuit, nowMs: number): Circuit {
  return circuit.phase === 'open' && nowMs >= circuit.untilMs
    ? { ...circuit, phase: 'half_open', untilMs: 0 }
    : circuit;
}

/** May a message go there now? Never one already failed over while it is half-open. */
export function permits(circuit: Circuit, nowMs: number, failedOver: boolean): boolean {
  switch (circuit.phase) {
    case 'closed':
      return true;
    case 'open':
      return false;
    case 'half_open':
      return !failedOver && nowMs >= circuit.untilMs;
    default:
      return assertNever(circuit.phase);
  }
}

/** The one trial of a half-open circuit goes out; it counts as lost at `lostAtMs`. */
export const takeTrial = (circuit: Circuit, lostAtMs: number): Circuit =>
  circuit.phase === 'half_open' ? { ...circuit, untilMs: lostAtMs } : circuit;

/** The trial was not made after all. */
export const giveBackTrial = (circuit: Circuit): Circuit =>
  circuit.phase === 'half_open' ? { ...circuit, untilMs: 0 } : circuit;

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
      return next.phase === 'open' ? next : { ...closedCircuit, seen: next.seen };
    case 'account':
      return next.phase === 'open' ? next : opened({ ...next, lastCode: code }, nowMs);
    case 'outage':
      return afterOutage(next, customerId, code, nowMs);
    default:
      return assertNever(sign);
  }
}

function afterOutage(circuit: Circuit, customerId: string, code: string, nowMs: number): Circuit {
  // Calls that were under way when it opened say nothing new.
  if (circuit.phase === 'open') return circuit;
  const failedFor = [customerId, ...circuit.failedFor.filter((one) => one !== customerId)].slice(0, 2);
  const next: Circuit = { ...circuit, failuresInRow: circuit.failuresInRow + 1, failedFor, lastCode: code };
  if (circuit.phase === 'half_open') return opened(next, nowMs);
  const active = next.seen.filter((one) => nowMs - one.atMs <= CUSTOMER_SEEN_WITHIN_MS);
  const enough = next.failuresInRow >= FAILURES_TO_OPEN && failedFor.length >= Math.min(2, active.length);
  return enough ? opened(next, nowMs) : next;
}

function opened(circuit: Circuit, nowMs: number): Circuit {
  return {
    ...circuit,
    phase: 'open',
    untilMs: nowMs + circuit.cooldownMs,
    cooldownMs: Math.min(circuit.cooldownMs * 2, LONGEST_COOLDOWN_MS),
  };
}
