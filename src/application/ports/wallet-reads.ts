import type { Money } from '../../domain/shared/money';
import type { WalletRef } from './wallets';

export const WALLET_READS = Symbol('WalletReads');

/** Wallets as the read model has them: for looking while the event store is away, never for deciding. */
export interface WalletReads {
  /** Null: never seen. `asOf`: ISO, of the last event in it. */
  balance(wallet: WalletRef): Promise<{ available: Money; reserved: Money; asOf: string } | null>;
}
