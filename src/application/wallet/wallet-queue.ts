import { DomainError } from '../../domain/shared/domain-error';
import { ZERO, type Money } from '../../domain/shared/money';
import type { WalletCommand } from '../../domain/wallet/commands';
import type { WalletState } from '../../domain/wallet/state';
import type { CommandContext } from '../ports/wallets';

export interface Balance {
  readonly available: Money;
  readonly reserved: Money;
  /** ISO; the balance is at least as new as this. */
  readonly asOf: string;
}

/** A command that waits for its answer. */
export interface WaitingCommand {
  readonly command: WalletCommand;
  readonly context: CommandContext;
  /** Counts up by submission, for commands and readers alike. */
  readonly ticket: number;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  /** Decided once without an event, on a state that may have been stale: waits for a newer one. */
  doubtful: boolean;
  settled: boolean;
  /** `wrote`: whether an event came of it; `state`: what was decided on, or what came of it. */
  readonly resolve: (state: WalletState, wrote: boolean) => void;
  readonly reject: (error: unknown) => void;
}

interface WaitingReader {
  readonly ticket: number;
  readonly deadlineAt: number;
  readonly asOf: string;
  readonly resolve: (balance: Balance) => void;
  readonly reject: (error: unknown) => void;
}

/** Who waits for one wallet's writer, in order of coming, and until when. */
export class WalletQueue {
  /** In order; the settled ones among them are passed over. */
  commands: WaitingCommand[] = [];
  /** Those of the append that is under way. */
  inFlight: readonly WaitingCommand[] = [];
  /** The newest ticket given out. */
  lastTicket = 0;
  private readers: WaitingReader[] = [];

  get isEmpty(): boolean {
    return this.commands.length === 0 && this.readers.length === 0;
  }

  get hasReaders(): boolean {
    return this.readers.length > 0;
  }

  addCommand(item: Pick<WaitingCommand, 'command' | 'context' | 'deadlineAt' | 'resolve' | 'reject'>): void {
    const { command, context, deadlineAt, resolve, reject } = item;
    const ticket = ++this.lastTicket;
    this.commands.push({ command, context, ticket, deadlineAt, doubtful: false, settled: false, resolve, reject });
  }

  addReader(reader: Omit<WaitingReader, 'ticket'>): void {
    const { deadlineAt, asOf, resolve, reject } = reader;
    this.readers.push({ ticket: ++this.lastTicket, deadlineAt, asOf, resolve, reject });
  }

  /** Those of a group that was not written come first again. */
  putBack(commands: readonly WaitingCommand[]): void {
    this.commands = [...commands.filter((item) => !item.settled), ...this.commands];
  }

  /** Answers the readers with a ticket up to `through`: `state` is newer than their questions. */
  answerReaders(through: number, state: WalletState): void {
    if (this.readers.length === 0) return;
    const available = state.kind === 'open' ? state.available : ZERO;
    const reserved = state.kind === 'open' ? state.reserved : ZERO;
    for (const { ticket, asOf, resolve } of this.readers) if (ticket <= through) resolve({ available, reserved, asOf });
    this.readers = this.readers.filter((reader) => reader.ticket > through);
  }

  /** Those whose time is over hear so, also where an append is under way: what it comes to, nobody will build on. */
  expire(now: number): void {
    const isLate = (item: { readonly deadlineAt: number }): boolean => item.deadlineAt <= now;
    if (!this.commands.some(isLate) && !this.inFlight.some(isLate) && !this.readers.some(isLate)) return;
    const answer = walletUnavailable();
    for (const item of this.commands) if (isLate(item)) refuse(item, answer);
    for (const item of this.inFlight) if (isLate(item)) refuse(item, answer);
    for (const reader of this.readers) if (isLate(reader)) reader.reject(answer);
    this.commands = this.commands.filter((item) => !item.settled);
    this.readers = this.readers.filter((reader) => !isLate(reader));
  }

  failAll(error: unknown): void {
    for (const item of this.commands) refuse(item, error);
    for (const reader of this.readers) reader.reject(error);
    this.commands = [];
    this.readers = [];
  }
}

export function fulfil(item: WaitingCommand, state: WalletState, wrote: boolean): void {
  if (item.settled) return;
  item.settled = true;
  item.resolve(state, wrote);
}

export function refuse(item: WaitingCommand, error: unknown): void {
  if (item.settled) return;
  item.settled = true;
  item.reject(error);
}

export function walletUnavailable(cause?: Error): DomainError {
  const error = new DomainError(
    'unavailable',
    'The wallet cannot be written to right now; nothing was charged.',
    [],
    1,
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}
