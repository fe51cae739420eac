import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DomainError } from '../../domain/shared/domain-error';
import type { Mode } from '../../domain/shared/event';
import type { Money } from '../../domain/shared/money';
import { StoreUnavailable } from '../ports/event-store';
import { READ_SIDE_STATUS, type ReadSideStatus } from '../ports/read-side-status';
import { WALLET_READS, type WalletReads } from '../ports/wallet-reads';
import { WALLETS, type WalletRef, type Wallets } from '../ports/wallets';
import { WalletHistory } from './wallet-history';

export interface Balance {
  readonly available: Money;
  readonly reserved: Money;
  /** ISO. */
  readonly asOf: string;
  /** ISO; since when it may lack something, while the event store is away. Null: up to date to the call. */
  readonly staleSince: string | null;
}

/** What a customer's wallet of this mode holds. */
export class GetBalance extends Query<Balance> {
  constructor(
    readonly customerId: string,
    readonly mode: Mode,
    /** ISO: what it held then, by the store's clock. Left out: now. */
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(GetBalance)
export class GetBalanceHandler implements IQueryHandler<GetBalance> {
  constructor(
    @Inject(WALLETS) private readonly wallets: Wallets,
    @Inject(WALLET_READS) private readonly reads: WalletReads,
    @Inject(READ_SIDE_STATUS) private readonly readSide: ReadSideStatus,
    @Inject(WalletHistory) private readonly history: WalletHistory,
  ) {}

  /** From the stream; while that cannot be read, from the read model, which says so. */
  async execute({ customerId, mode, asOf }: GetBalance): Promise<Balance> {
    const wallet = { customerId, mode };
    if (asOf !== undefined) return { ...(await this.history.balanceAt(wallet, asOf)), asOf, staleSince: null };
    const since = this.readSide.staleSince();
    // Known to be away: asking it would only cost the caller the whole deadline.
    const stale = since === null ? null : await this.projected(wallet, since);
    if (stale !== null) return stale;
    try {
      return { ...(await this.wallets.balance(wallet)), staleSince: null };
    } catch (error) {
      const known = isAway(error) ? await this.projected(wallet, null) : null;
      if (known === null) throw error;
      return known;
    }
  }

  private async projected(wallet: WalletRef, since: string | null): Promise<Balance | null> {
    const balance = await this.reads.balance(wallet);
    return balance === null ? null : { ...balance, staleSince: since ?? balance.asOf };
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof StoreUnavailable || (error instanceof DomainError && error.code === 'unavailable');
