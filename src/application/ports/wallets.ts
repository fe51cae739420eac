import type { Mode } from '../../domain/shared/event';
import type { EventMetadata } from '../../domain/shared/event';
import type { Money } from '../../domain/shared/money';
import type { FundsReleased } from '../../domain/wallet/events';

export const WALLETS = Symbol('Wallets');

export interface WalletRef {
  readonly customerId: string;
  readonly mode: Mode;
}

/** Who asks and why; the command id makes the event ids. `deadlineMs`: monotonic instant (Clock.monotonicMs) until which a conflict is tried again. */
export interface CommandContext {
  /** UUID. Random for a request, derived from the waking event for a process manager. */
  readonly commandId: string;
  readonly metadata: EventMetadata;
  /** Milliseconds from now; default 2 000. */
  readonly timeoutMs?: number;
}

/**
 * The prepaid wallets: one writer a wallet and process, which commits waiting commands as a group.
 * All throw DomainError `unavailable` when the deadline passes with nothing written.
 */
export interface Wallets {
  /** @throws DomainError insufficient_funds (after reading what is new) */
  reserve(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { reservationId: string; messageId: string; amount: Money },
  ): Promise<void>;
  /** Changes what an open reservation covers. False where it is no longer open. @throws DomainError insufficient_funds */
  reprice(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { reservationId: string; messageId: string; amount: Money },
  ): Promise<boolean>;
  /** Ends it: `amount` spent (at most what is reserved), the rest released. False where it is not open (nothing happens). */
  debit(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { reservationId: string; messageId: string; amount: Money },
  ): Promise<boolean>;
  /** Ends it, all given back. False where it is not open. */
  release(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { reservationId: string; messageId: string; reason: FundsReleased['data']['reason'] },
  ): Promise<boolean>;
  open(wallet: WalletRef, ctx: CommandContext): Promise<void>;
  /** False where this creditId was credited before. */
  credit(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { creditId: string; amount: Money; source: 'opening' | 'adjustment' | 'mpesa'; note: string | null },
  ): Promise<boolean>;
  adjustDown(
    wallet: WalletRef,
    ctx: CommandContext,
    input: { adjustmentId: string; amount: Money; note: string },
  ): Promise<boolean>;
  /** From the stream itself, up to date to the call. */
  balance(wallet: WalletRef): Promise<{ available: Money; reserved: Money; asOf: string }>;
}
