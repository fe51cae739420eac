import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import { addMoney, money, moneyString, parseMoney, subtractMoney, toKesText, ZERO, type Money } from '../shared/money';
import { PersistentMap } from '../shared/persistent-map';
import type { WalletCommand } from './commands';
import type { WalletEvent } from './events';
import { assertLawful, initialWallet, type OpenedWallet, type Reservation, type WalletState } from './state';

type Command<Type extends WalletCommand['type']> = Extract<WalletCommand, { type: Type }>;

const NOTHING: readonly WalletEvent[] = [];

/** @throws DomainError insufficient_funds, not_found (no such wallet), conflict, validation_failed. */
function decide(command: WalletCommand, state: WalletState): readonly WalletEvent[] {
  assertLawful(state);
  switch (command.type) {
    case 'OpenWallet':
      return open(command, state);
    case 'CreditWallet':
      return credit(command, state);
    case 'AdjustWalletDown':
      return adjustDown(command, state);
    case 'ReserveFunds':
      return reserve(command, state);
    case 'RepriceReservation':
      return reprice(command, state);
    case 'DebitReservation':
      return debit(command, state);
    case 'ReleaseReservation':
      return release(command, state);
    default:
      return assertNever(command);
  }
}

function open(command: Command<'OpenWallet'>, state: WalletState): readonly WalletEvent[] {
  if (state.kind === 'open') return NOTHING;
  return [{ type: 'WalletOpened', data: { customerId: command.customerId, mode: command.mode } }];
}

function credit(command: Command<'CreditWallet'>, state: WalletState): readonly WalletEvent[] {
  const { creditId, amount, source, note } = command;
  if (amount <= 0n) throw invalid('amount', 'must be more than 0');
  if (source === 'adjustment') requireNote(note);
  if (opened(state).receipts.has(creditReceipt(creditId))) return NOTHING;
  return [{ type: 'WalletCredited', data: { creditId, amount: moneyString(amount), source, note } }];
}

function adjustDown(command: Command<'AdjustWalletDown'>, state: WalletState): readonly WalletEvent[] {
  const { adjustmentId, amount, note } = command;
  if (amount <= 0n) throw invalid('amount', 'must be more than 0');
  requireNote(note);
  const wallet = opened(state);
  if (wallet.receipts.has(adjustmentReceipt(adjustmentId))) return NOTHING;
  requireAvailable(wallet.available, amount);
  return [{ type: 'WalletAdjustedDown', data: { adjustmentId, amount: moneyString(amount), note } }];
}

function reserve(command: Command<'ReserveFunds'>, state: WalletState): readonly WalletEvent[] {
  const { reservationId, messageId, amount } = command;
  if (amount < 0n) throw invalid('amount', 'must not be negative');
  // A customer without a wallet has no money, which is all that a sender needs to know.
  if (state.kind === 'unopened') throw insufficient(amount, ZERO);
  const standing = state.reservations.get(reservationId);
  if (standing !== undefined) {
    if (standing.messageId === messageId && standing.amount === amount) return NOTHING;
    throw new DomainError('conflict', 'This reservation exists with other particulars.');
  }
  requireAvailable(state.available, amount);
  return [{ type: 'FundsReserved', data: { reservationId, messageId, amount: moneyString(amount) } }];
}

function reprice(command: Command<'RepriceReservation'>, state: WalletState): readonly WalletEvent[] {
  const { reservationId, messageId, amount } = command;
  if (amount < 0n) throw invalid('amount', 'must not be negative');
  const standing = standingFor(command, state);
  if (standing === null || standing.amount === amount) return NOTHING;
  const more = subtractMoney(amount, standing.amount);
  if (more > 0n) requireAvailable(opened(state).available, more);
  const data = { reservationId, messageId, from: moneyString(standing.amount), to: moneyString(amount) };
  return [{ type: 'ReservationRepriced', data }];
}

function debit(command: Command<'DebitReservation'>, state: WalletState): readonly WalletEvent[] {
  const { reservationId, messageId, amount } = command;
  if (amount < 0n) throw invalid('amount', 'must not be negative');
  const standing = standingFor(command, state);
  if (standing === null) return NOTHING;
  if (amount > standing.amount) throw new DomainError('conflict', 'The debit is more than what is reserved.');
  const released = moneyString(subtractMoney(standing.amount, amount));
  return [{ type: 'WalletDebited', data: { reservationId, messageId, amount: moneyString(amount), released } }];
}

function release(command: Command<'ReleaseReservation'>, state: WalletState): readonly WalletEvent[] {
  const { reservationId, messageId, reason } = command;
  const standing = standingFor(command, state);
  if (standing === null) return NOTHING;
  return [{ type: 'FundsReleased', data: { reservationId, messageId, amount: moneyString(standing.amount), reason } }];
}

/** The open reservation that a command means; null where it ended, or never was. */
function standingFor(command: { reservationId: string; messageId: string }, state: WalletState): Reservation | null {
  const standing = state.kind === 'open' ? state.reservations.get(command.reservationId) : undefined;
  if (standing === undefined) return null;
  if (standing.messageId === command.messageId) return standing;
  throw new DomainError('conflict', 'This reservation belongs to another message.');
}

function opened(state: WalletState): OpenedWallet {
  if (state.kind === 'open') return state;
  throw new DomainError('not_found', 'There is no such wallet.');
}

function requireAvailable(available: Money, amount: Money): void {
  if (amount > available) throw insufficient(amount, available);
}

const insufficient = (amount: Money, available: Money): DomainError =>
  new DomainError(
    'insufficient_funds',
    `This needs KES ${toKesText(amount)}, and KES ${toKesText(available)} is available.`,
  );

function requireNote(note: string | null): void {
  if (note === null || note.trim() === '') throw invalid('note', 'is mandatory for an adjustment');
}

const invalid = (field: string, message: string): DomainError =>
  new DomainError('validation_failed', `${field} ${message}`, [{ field, message }]);

const creditReceipt = (creditId: string): string => `credit:${creditId}`;
const adjustmentReceipt = (adjustmentId: string): string => `adjustment:${adjustmentId}`;

function evolve(state: WalletState, event: WalletEvent): WalletState {
  if (event.type === 'WalletOpened') {
    if (state.kind === 'open') return state;
    return {
      kind: 'open',
      customerId: event.data.customerId,
      mode: event.data.mode,
      credited: ZERO,
      debited: ZERO,
      reserved: ZERO,
      available: ZERO,
      reservations: PersistentMap.empty<Reservation>(),
      receipts: PersistentMap.empty<true>(),
    };
  }
  // Nothing is ever decided on an unopened wallet, so nothing can stand before its first event.
  return state.kind === 'open' ? evolveOpened(state, event) : state;
}

function evolveOpened(state: OpenedWallet, event: Exclude<WalletEvent, { type: 'WalletOpened' }>): OpenedWallet {
  switch (event.type) {
    case 'WalletCredited': {
      const receipts = state.receipts.set(creditReceipt(event.data.creditId), true);
      return moved(state, { credited: parseMoney(event.data.amount), receipts });
    }
    case 'WalletAdjustedDown': {
      const receipts = state.receipts.set(adjustmentReceipt(event.data.adjustmentId), true);
      return moved(state, { debited: parseMoney(event.data.amount), receipts });
    }
    case 'FundsReserved': {
      const { reservationId, messageId } = event.data;
      const amount = parseMoney(event.data.amount);
      const reservations = state.reservations.set(reservationId, { messageId, amount });
      return moved(state, { reserved: amount, reservations });
    }
    case 'ReservationRepriced': {
      const { reservationId, messageId } = event.data;
      const amount = parseMoney(event.data.to);
      const reservations = state.reservations.set(reservationId, { messageId, amount });
      return moved(state, { reserved: subtractMoney(amount, parseMoney(event.data.from)), reservations });
    }
    case 'WalletDebited': {
      const debited = parseMoney(event.data.amount);
      const held = addMoney(debited, parseMoney(event.data.released));
      const reservations = state.reservations.delete(event.data.reservationId);
      return moved(state, { debited, reserved: negative(held), reservations });
    }
    case 'FundsReleased': {
      const reservations = state.reservations.delete(event.data.reservationId);
      return moved(state, { reserved: negative(parseMoney(event.data.amount)), reservations });
    }
    case 'LowBalanceReached':
      return state;
    default:
      return assertNever(event);
  }
}

const negative = (amount: Money): Money => money(-amount);

/** The state after `by`: what is added to each total, and the maps as they then are. */
function moved(
  state: OpenedWallet,
  by: {
    credited?: Money;
    debited?: Money;
    reserved?: Money;
    reservations?: OpenedWallet['reservations'];
    receipts?: OpenedWallet['receipts'];
  },
): OpenedWallet {
  const { credited = ZERO, debited = ZERO, reserved = ZERO } = by;
  return {
    kind: 'open',
    customerId: state.customerId,
    mode: state.mode,
    credited: addMoney(state.credited, credited),
    debited: addMoney(state.debited, debited),
    reserved: addMoney(state.reserved, reserved),
    // Moved by the differences and not worked out anew from the totals, or I3 would be asserted against itself.
    available: subtractMoney(addMoney(state.available, credited), addMoney(debited, reserved)),
    reservations: by.reservations ?? state.reservations,
    receipts: by.receipts ?? state.receipts,
  };
}

export const walletDecider: Decider<WalletState, WalletCommand, WalletEvent> = {
  initialState: initialWallet,
  decide,
  evolve,
};
