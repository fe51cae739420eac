import type { JsonObject, JsonValue } from '../shared/json';
import type { Mode } from '../shared/event';
import { addMoney, moneyString, parseMoney, subtractMoney, ZERO, type Money } from '../shared/money';
import { PersistentMap } from '../shared/persistent-map';

export interface Reservation {
  readonly messageId: string;
  readonly amount: Money;
}

export interface UnopenedWallet {
  readonly kind: 'unopened';
}

export interface OpenedWallet {
  readonly kind: 'open';
  readonly customerId: string;
  readonly mode: Mode;
  /** All that ever came in. */
  readonly credited: Money;
  /** All that ever went out: debits of reservations and adjustments downwards. */
  readonly debited: Money;
  /** Sum of the open reservations. */
  readonly reserved: Money;
  /** Kept beside its parts, so that each decision can hold one against the other. */
  readonly available: Money;
  /** Only those without an end: an id is never used again, so ended ones need no memory. */
  readonly reservations: PersistentMap<Reservation>;
  /** `credit:` and `adjustment:` with their ids: each counts once. They are rare. */
  readonly receipts: PersistentMap<true>;
}

export type WalletState = UnopenedWallet | OpenedWallet;

export const initialWallet: WalletState = { kind: 'unopened' };

/**
 * The wallet's invariants as far as they can be seen without walking the reservations: checked at each decision and
 * before each append, in production too.
 * @throws Error where the state is unlawful: a defect, and nothing may be written on top of it.
 */
export function assertLawful(state: WalletState): void {
  if (state.kind === 'unopened') return;
  const { credited, debited, reserved, available, reservations } = state;
  if (credited < 0n || debited < 0n || reserved < 0n) throw broken('I2', 'a total is negative', state);
  if (available !== credited - debited - reserved) throw broken('I3', 'available is not what the totals leave', state);
  if (available < 0n) throw broken('I4', 'available is negative', state);
  if (reservations.size === 0 && reserved !== 0n) throw broken('I5', 'money is held for no reservation', state);
}

function broken(invariant: string, what: string, state: OpenedWallet): Error {
  const { credited, debited, reserved, available } = state;
  const totals = `credited ${credited}, debited ${debited}, reserved ${reserved}, available ${available}`;
  return new Error(`wallet invariant ${invariant} broken: ${what} (${totals})`);
}

/** Counted up when the shape below or the meaning of any event changes: snapshots of another schema are not used. */
export const WALLET_SNAPSHOT_SCHEMA = 2;
/** Reservations that are written out between two pauses: a millisecond's work or two. */
const RESERVATIONS_A_STEP = 2_000;
/** Between the parts of a reservation, and between reservations: ids and amounts hold none. */
const SEPARATOR = '\n';
const PARTS = 3;

/**
 * The state written out a piece at a time: whoever runs this may see to others at each `yield`, and a wallet with a hundred
 * thousand open reservations holds nobody up. A state is never changed, so it may be long out of date at the end. Null for a
 * wallet that was never opened. Reservations come as texts, since a serialiser takes one long text much faster than many
 * small values.
 * @throws Error where the state is unlawful; I5 in full, which needs a walk over all open reservations.
 */
export function* walletSnapshot(state: WalletState): Generator<undefined, JsonObject | null, undefined> {
  if (state.kind === 'unopened') return null;
  assertLawful(state);
  const reservations: string[] = [];
  let step: string[] = [];
  let sum = ZERO;
  for (const [id, { messageId, amount }] of state.reservations.entries()) {
    if (amount < 0n) throw broken('I2', 'a reservation is negative', state);
    sum = addMoney(sum, amount);
    if (step.push(id, messageId, moneyString(amount)) < PARTS * RESERVATIONS_A_STEP) continue;
    reservations.push(step.join(SEPARATOR));
    step = [];
    yield;
  }
  if (sum !== state.reserved) throw broken('I5', `open reservations come to ${sum}`, state);
  if (step.length > 0) reservations.push(step.join(SEPARATOR));
  return {
    customerId: state.customerId,
    mode: state.mode,
    credited: moneyString(state.credited),
    debited: moneyString(state.debited),
    reservations,
    receipts: [...state.receipts.entries()].map(([id]) => id),
  };
}

/** @throws Error or RangeError where it is not what `walletSnapshot` writes, or is unlawful. */
export function walletFromSnapshot(snapshot: JsonObject): OpenedWallet {
  const mode = snapshot.mode;
  if (mode !== 'live' && mode !== 'test') throw new Error('not a snapshot of a wallet: mode');
  let reserved = ZERO;
  let reservations = PersistentMap.empty<Reservation>();
  for (const step of list(snapshot.reservations)) {
    const parts = text(step).split(SEPARATOR);
    for (let i = 0; i < parts.length; i += PARTS) {
      const [id, messageId, units] = parts.slice(i, i + PARTS);
      const amount = parseMoney(text(units));
      reservations = reservations.set(text(id), { messageId: text(messageId), amount });
      reserved = addMoney(reserved, amount);
    }
  }
  const credited = parseMoney(text(snapshot.credited));
  const debited = parseMoney(text(snapshot.debited));
  const state: OpenedWallet = {
    kind: 'open',
    customerId: text(snapshot.customerId),
    mode,
    credited,
    debited,
    reserved,
    available: subtractMoney(subtractMoney(credited, debited), reserved),
    reservations,
    receipts: PersistentMap.from(list(snapshot.receipts).map((id) => [text(id), true] as const)),
  };
  assertLawful(state);
  return state;
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new Error('not a snapshot of a wallet: text expected');
  return value;
}

function list(value: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(value)) throw new Error('not a snapshot of a wallet: list expected');
  return value;
}
